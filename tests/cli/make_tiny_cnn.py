#!/usr/bin/env python3
"""Writes tests/cli/tiny_cnn.onnx: x [N,3,8,8] → ReLU of a convolution, 3 × 3 with stride 3, into
4 channels: "grid" [N,4,2,2]; and their means: "means" [N,4]. Encodes the protocol buffers of
onnx.proto itself; needs nothing but Python.

    python3 tests/cli/make_tiny_cnn.py
"""

import os
import random
import struct


def varint(n):
    out = b""
    while n >= 128:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def data(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def tensor(name, shape, values):
    return (b"".join(number(1, n) for n in shape) + number(2, 1) + data(8, name) +
            data(9, struct.pack(f"<{len(values)}f", *values)))


def integers(name, values):
    return data(5, data(1, name) + b"".join(number(8, n) for n in values) + number(20, 7))


def node(kind, inputs, output, attributes=b""):
    return data(1, b"".join(data(1, i) for i in inputs) + data(2, output) + data(3, output) +
                data(4, kind) + attributes)


def value(field, name, shape):
    dims = b"".join(data(1, number(1, n)) for n in shape)
    return data(field, data(1, name) + data(2, data(1, number(1, 1) + data(2, dims))))


def main():
    random.seed(20150203)
    weights = [random.uniform(-0.3, 0.3) for _ in range(4 * 3 * 3 * 3)]
    graph = (node("Conv", ["x", "W", "b"], "conv",
                  integers("kernel_shape", [3, 3]) + integers("strides", [3, 3])) +
             node("Relu", ["conv"], "grid") +
             node("GlobalAveragePool", ["grid"], "pooled") +
             node("Flatten", ["pooled"], "means") +
             data(2, "tiny") +
             data(5, tensor("W", [4, 3, 3, 3], weights)) +
             data(5, tensor("b", [4], [0.5, 0.25, 0, 0.125])) +
             value(11, "x", [1, 3, 8, 8]) + value(12, "means", [1, 4]))
    model = number(1, 7) + data(7, graph) + data(8, data(1, "") + number(2, 11))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiny_cnn.onnx")
    with open(path, "wb") as file:
        file.write(model)
    print(f"{path}: {len(model)} bytes")


if __name__ == "__main__":
    main()
