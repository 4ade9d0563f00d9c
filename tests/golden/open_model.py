#!/usr/bin/env python3
"""Opens a model directory with the safetensors package from PyPI and lists its tensors.

Not part of ./run test:  pip install safetensors numpy;  python3 tests/golden/open_model.py MODEL
"""

import sys

from safetensors.numpy import load_file

tensors = load_file(sys.argv[1] + "/model.safetensors")
for name, tensor in tensors.items():
    print(f"{name:32} {tensor.dtype} {list(tensor.shape)}")
print(f"{len(tensors)} tensors, {sum(t.size for t in tensors.values())} numbers")
