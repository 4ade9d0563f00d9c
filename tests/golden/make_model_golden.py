#!/usr/bin/env python3
"""Writes tests/golden/model/*.safetensors: what PyTorch computes for four small models.

Independent of Atento's sources: torch.nn's cells and layers where there are any, autograd, one
sentence at a time, float64. Tensor names and shapes are those of docs/file-format.md. Read by
tests/model/golden_test.cc, which does not need this script:

    pip install torch numpy safetensors
    python3 tests/golden/make_model_golden.py

A file holds parameters/NAME, gradients/NAME (of the mean loss per target token), source/I and
target/I (ids without </s>), logits/I, alpha/I, loss (the sum), and adam_losses: the loss sums before
each of ten steps of Adam and after the last.
"""

import json
import os
import sys

import numpy as np
import safetensors
import safetensors.numpy
import torch
from torch.func import functional_call

SEED = 20150901
END = 1  # </s>
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 0.01
CLIP_NORM = 0.5
ADAM_STEPS = 10
DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model")

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Parameters:
    """Leaf tensors under the names of the model file, created when first asked for."""

    def __init__(self, generator):
        self.generator = generator
        self.tensors = {}

    def __call__(self, name, *shape):
        if name not in self.tensors:
            values = 0.6 * torch.randn(shape, generator=self.generator)
            self.tensors[name] = values.requires_grad_()
        assert self.tensors[name].shape == shape, name
        return self.tensors[name]


def torch_weights(params, name, cell, inputs, size):
    """The weights of torch.nn's cells: weight_ih, weight_hh, bias_ih, bias_hh."""
    gates = {"tanh": 1, "gru": 3, "lstm": 4}[cell]
    W = params(name + ".W", gates * size, inputs)
    U = params(name + ".U", gates * size, size)
    b = params(name + ".b", gates * size)
    b_u = torch.zeros(gates * size)
    if cell == "gru":
        # PyTorch's z keeps the old state, the model's admits the new one.
        sign = torch.ones(3, size)
        sign[1] = -1
        sign = sign.reshape(-1)
        W, U, b = W * sign[:, None], U * sign[:, None], b * sign
        b_u = torch.cat([torch.zeros(2 * size), params(name + ".b_u", size)])
    return {"weight_ih": W, "weight_hh": U, "bias_ih": b, "bias_hh": b_u}


def reset_before_step(params, name, x, h):
    """Bahdanau, Cho, Bengio 2014, appendix A.1.1; torch has no such cell."""
    size = h.shape[-1]
    W = params(name + ".W", 3 * size, x.shape[-1]).chunk(3)
    U = params(name + ".U", 3 * size, size).chunk(3)
    b = params(name + ".b", 3 * size).chunk(3)
    r = torch.sigmoid(W[0] @ x + U[0] @ h + b[0])
    z = torch.sigmoid(W[1] @ x + U[1] @ h + b[1])
    n = torch.tanh(W[2] @ x + U[2] @ (r * h) + b[2])
    return (1 - z) * h + z * n


def cell_step(params, name, cell, x, state):
    """state: (h, c); c is None but for the LSTM."""
    h, c = state
    if cell == "gru-reset-before":
        return reset_before_step(params, name, x, h), None
    size = h.shape[-1]
    weights = torch_weights(params, name, cell, x.shape[-1], size)
    kinds = {"tanh": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    module = kinds[cell](x.shape[-1], size)
    if cell == "lstm":
        return functional_call(module, weights, (x, (h, c)))
    return functional_call(module, weights, (x, h)), None


def encode_with_torch(params, m, x):
    kinds = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    directions = ["forward", "backward"] if m["bidirectional"] else ["forward"]
    size, layers = m["encoder_size"], m["layers"]
    module = kinds[m["cell"]](x.shape[-1], size, layers, bidirectional=m["bidirectional"])
    weights = {}
    for layer in range(layers):
        inputs = x.shape[-1] if layer == 0 else size * len(directions)
        for direction in directions:
            name = f"encoder.{layer}.{direction}"
            suffix = f"_l{layer}" + ("_reverse" if direction == "backward" else "")
            for kind, w in torch_weights(params, name, m["cell"], inputs, size).items():
                weights[kind + suffix] = w
    h, final = functional_call(module, weights, (x,))
    h_n, c_n = final if m["cell"] == "lstm" else (final, None)

    def layer_state(states, layer):
        if states is None:
            return None
        return states.reshape(layers, len(directions) * size)[layer]

    return h, [(layer_state(h_n, l), layer_state(c_n, l)) for l in range(layers)], h_n[-1]


def encode_reset_before(params, m, x):
    columns = []
    for direction in ["forward", "backward"]:
        order = range(len(x)) if direction == "forward" else range(len(x) - 1, -1, -1)
        h = torch.zeros(m["encoder_size"])
        states = [None] * len(x)
        for j in order:
            h = reset_before_step(params, "encoder.0." + direction, x[j], h)
            states[j] = h
        columns.append(torch.stack(states))
    return torch.cat(columns, dim=1), None, columns[1][0]


def start_states(params, m, h, final, last):
    if m["start"] == "copy":
        return final
    x = h.mean(dim=0) if m["start"] == "mean" else last
    W = params("decoder.start.0.W", m["decoder_size"], len(x))
    s = torch.tanh(W @ x + params("decoder.start.0.b", m["decoder_size"]))
    return [(s, None)]


def attend(params, m, s, h):
    H, C = len(s), h.shape[1]
    if m["attention"] == "additive":
        A = m["attention_size"]
        W_a, U_a = params("attention.W_a", A, H), params("attention.U_a", A, C)
        e = torch.tanh(W_a @ s + h @ U_a.T) @ params("attention.v_a", A)
    elif m["attention"] == "general":
        e = h @ (params("attention.W_a", H, C).T @ s)
    else:
        e = h @ s
    alpha = torch.softmax(e, dim=0)
    return alpha, alpha @ h


def decode_step(params, m, y, states, t_prev, h):
    """One step after the symbol y. Returns logits, alpha, the new states and t."""
    cell, top_before = m["cell"], states[-1][0]
    x = y
    if m["attend"] == "before":
        alpha, c = attend(params, m, top_before, h)
        x = torch.cat([x, c])
    if m["input_feeding"]:
        x = torch.cat([x, t_prev])
    new_states = []
    for layer, state in enumerate(states):
        state = cell_step(params, f"decoder.{layer}", cell, x, state)
        if layer == 0 and m["attend"] == "between":
            alpha, c = attend(params, m, state[0], h)
            state = cell_step(params, "decoder.transition", cell, c, state)
        new_states.append(state)
        x = state[0]
    if m["attend"] == "after":
        alpha, c = attend(params, m, x, h)
    R = m["readout_size"]
    if m["readout"] == "tanh":
        inputs = torch.cat([c, x])
        t = torch.tanh(params("readout.W", R, len(inputs)) @ inputs)
    elif m["readout"] == "deep-tanh":
        inputs = torch.cat([c, x, y])
        t = torch.tanh(params("readout.W", R, len(inputs)) @ inputs)
    else:
        inputs = torch.cat([c, top_before, y])
        t = (params("readout.W", 2 * R, len(inputs)) @ inputs).reshape(R, 2).max(dim=1).values
    if m["tied"]:
        W_o = params("target.embedding", m["target_vocabulary"], R)
    else:
        W_o = params("output.W_o", m["target_vocabulary"], R)
    return W_o @ t + params("output.b", m["target_vocabulary"]), alpha, new_states, t


def sentence(params, m, source, target):
    """Logits [T,V] and alpha [T,S] of one pair; both sides end with </s>."""
    E = m["embedding_size"]
    x = params("source.embedding", m["source_vocabulary"], E)[source + [END]]
    encode = encode_reset_before if m["cell"] == "gru-reset-before" else encode_with_torch
    h, final, last = encode(params, m, x)
    states = start_states(params, m, h, final, last)
    t = torch.zeros(m["readout_size"])
    logits, alphas = [], []
    for y in [END] + target:
        embedding = params("target.embedding", m["target_vocabulary"], E)[y]
        step_logits, alpha, states, t = decode_step(params, m, embedding, states, t, h)
        logits.append(step_logits)
        alphas.append(alpha)
    return torch.stack(logits), torch.stack(alphas)


def total_loss(params, m, pairs):
    return sum(
        torch.nn.functional.cross_entropy(
            sentence(params, m, source, target)[0], torch.tensor(target + [END]),
            label_smoothing=LABEL_SMOOTHING, reduction="sum")
        for source, target in pairs)


def adam_losses(params, m, pairs):
    tokens = sum(len(target) + 1 for _, target in pairs)
    leaves = list(params.tensors.values())
    optimizer = torch.optim.Adam(leaves, lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    clipped = 0
    for _ in range(ADAM_STEPS):
        optimizer.zero_grad()
        loss = total_loss(params, m, pairs)
        losses.append(loss.item())
        (loss / tokens).backward()
        norm = torch.sqrt(sum((leaf.grad**2).sum() for leaf in leaves)).item()
        clipped += norm > CLIP_NORM
        for leaf in leaves:
            leaf.grad *= min(1.0, CLIP_NORM / norm)
        optimizer.step()
    losses.append(total_loss(params, m, pairs).item())
    print(f"  losses {losses[0]:.4f} … {losses[-1]:.4f}, clipped in {clipped} of {ADAM_STEPS} steps")
    return np.array(losses)


def write(m, pairs, seed):
    params = Parameters(torch.Generator().manual_seed(seed))
    out = {}
    with torch.no_grad():
        for i, (source, target) in enumerate(pairs):
            logits, alpha = sentence(params, m, source, target)
            out[f"source/{i}"] = np.array(source, dtype=np.int32)
            out[f"target/{i}"] = np.array(target, dtype=np.int32)
            out[f"logits/{i}"] = logits.numpy()
            out[f"alpha/{i}"] = alpha.numpy()
    loss = total_loss(params, m, pairs)
    out["loss"] = np.array([loss.item()])
    (loss / sum(len(target) + 1 for _, target in pairs)).backward()
    for name, tensor in params.tensors.items():
        out["parameters/" + name] = tensor.detach().numpy().copy()
        out["gradients/" + name] = tensor.grad.numpy().copy()
    out["adam_losses"] = adam_losses(params, m, pairs)
    made_with = {
        "seed": str(seed),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "safetensors": safetensors.__version__,
        "python": sys.version.split()[0],
    }
    path = os.path.join(DIRECTORY, m["name"] + ".safetensors")
    # One key, because safetensors writes several in random order.
    safetensors.numpy.save_file(out, path, {"made_with": json.dumps(made_with)})
    print(f"{path}: {os.path.getsize(path)} bytes, loss {loss.item():.6f}")


# Unequal lengths, an empty source, an empty target, repeated tokens, <unk>.
PAIRS = [
    ([3, 5, 3], [4, 2]),
    ([2, 7, 4, 4, 6], [3, 3, 5, 0, 6]),
    ([], [7, 2, 7]),
    ([5], []),
    ([6, 0, 2, 9], [2, 8, 4, 3]),
]

MODELS = [
    dict(name="gru_between", cell="gru", bidirectional=True, encoder_size=5, layers=1,
         decoder_size=7, attention="additive", attention_size=8, attend="between",
         input_feeding=False, readout="deep-tanh", readout_size=6, start="mean", tied=False,
         embedding_size=5),
    dict(name="lstm_input_feeding", cell="lstm", bidirectional=True, encoder_size=4, layers=2,
         decoder_size=8, attention="general", attend="after", input_feeding=True,
         readout="tanh", readout_size=5, start="copy", tied=True, embedding_size=5),
    dict(name="bahdanau", cell="gru-reset-before", bidirectional=True, encoder_size=5, layers=1,
         decoder_size=6, attention="additive", attention_size=7, attend="before",
         input_feeding=False, readout="maxout", readout_size=5, start="final", tied=False,
         embedding_size=8),
    dict(name="walkthrough", cell="tanh", bidirectional=False, encoder_size=7, layers=1,
         decoder_size=7, attention="dot", attend="after", input_feeding=False, readout="tanh",
         readout_size=9, start="copy", tied=False, embedding_size=6),
]

if __name__ == "__main__":
    for number, model in enumerate(MODELS):
        write(dict(model, source_vocabulary=11, target_vocabulary=9), PAIRS, SEED + number)
