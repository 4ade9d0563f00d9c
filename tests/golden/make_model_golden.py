#!/usr/bin/env python3
"""Writes tests/golden/model/*.safetensors: what PyTorch computes for small models.

Independent of Atento's sources: torch.nn's cells and layers where there are any, autograd, one
sentence at a time, float64. Tensor names and shapes are those of docs/file-format.md. Read by
tests/model/golden_test.cc, which does not need this script:

    pip install torch numpy safetensors
    python3 tests/golden/make_model_golden.py

A file holds parameters/NAME, gradients/NAME (of the mean objective per target token), source/I and
target/I (ids without </s>), logits/I, alpha/I (the heads' mean), loss (the sum), and adam_losses:
the sums of the objective before each of ten steps of Adam and after the last. The objective is the
loss; of a model with losses on the attention weights it includes those, and its file also holds
links/I (pairs of target and source position), guided_loss and coverage_loss, both without weights;
and of one with the doubly stochastic loss doubly_stochastic_loss. A model of feature vectors has
their table, features, of which source/I are rows.

That of a model that copies has copies/I too: what each source position, its </s> last, copies as.
Symbols from the vocabulary's size on are those of this source alone; target/I may have them, and
the decoder reads them as <unk>. logits/I are then ln p of all symbols.
"""

import json
import os
import sys

import numpy as np
import safetensors
import safetensors.numpy
import torch
from torch.func import functional_call

UNKNOWN, END = 0, 1  # <unk>, </s>
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 0.01
CLIP_NORM = 0.5
ADAM_STEPS = 10
LAYER_NORM_EPSILON = 1e-5
EDGE_MARGIN = 0.05
GUIDED_WEIGHT = 0.4
COVERAGE_WEIGHT = 0.6
SMALLEST_SHARE = 1e-9
DOUBLY_STOCHASTIC_WEIGHT = 0.7
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


def normalized_step(params, name, cell, x, state):
    """Ba, Kiros, Hinton 2016, eq. 4, of each gate's W x and U h on its own."""
    h, c = state
    size = len(h)
    gates = {"tanh": 1, "gru": 3, "gru-reset-before": 3, "lstm": 4}[cell]
    W = params(name + ".W", gates * size, len(x)).chunk(gates)
    U = params(name + ".U", gates * size, size).chunk(gates)
    b = params(name + ".b", gates * size).chunk(gates)
    g_x = params(name + ".g_x", gates * size).chunk(gates)
    g_h = params(name + ".g_h", gates * size).chunk(gates)

    def normalize(a):
        return torch.nn.functional.layer_norm(a, (size,), eps=LAYER_NORM_EPSILON)

    def from_input(k):
        return g_x[k] * normalize(W[k] @ x) + b[k]

    def from_state(k, v):
        return g_h[k] * normalize(U[k] @ v)

    if cell == "tanh":
        return torch.tanh(from_input(0) + from_state(0, h)), None
    if cell == "lstm":
        i, f, g, o = (from_input(k) + from_state(k, h) for k in range(4))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
    r = torch.sigmoid(from_input(0) + from_state(0, h))
    z = torch.sigmoid(from_input(1) + from_state(1, h))
    if cell == "gru":
        n = torch.tanh(from_input(2) + r * (from_state(2, h) + params(name + ".b_u", size)))
    else:
        n = torch.tanh(from_input(2) + from_state(2, r * h))
    return (1 - z) * h + z * n, None


def cell_step(params, m, name, x, state):
    """state: (h, c); c is None but for the LSTM."""
    cell, (h, c) = m["cell"], state
    if m["layer_normalization"]:
        return normalized_step(params, name, cell, x, state)
    if cell == "gru-reset-before":
        return reset_before_step(params, name, x, h), None
    size = h.shape[-1]
    weights = torch_weights(params, name, cell, x.shape[-1], size)
    kinds = {"tanh": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    module = kinds[cell](x.shape[-1], size)
    if cell == "lstm":
        return functional_call(module, weights, (x, (h, c)))
    return functional_call(module, weights, (x, h)), None


def layer_with_torch(params, m, name, directions, x):
    """The states at every position, and the last state (h, c) of each direction."""
    kinds = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    size = m["encoder_size"]
    module = kinds[m["cell"]](x.shape[-1], size, bidirectional=len(directions) == 2)
    weights = {}
    for direction in directions:
        suffix = "_l0" + ("_reverse" if direction == "backward" else "")
        cell = torch_weights(params, f"{name}.{direction}", m["cell"], x.shape[-1], size)
        weights.update({kind + suffix: w for kind, w in cell.items()})
    h, final = functional_call(module, weights, (x,))
    h_n, c_n = final if m["cell"] == "lstm" else (final, [None] * len(directions))
    return h, list(zip(h_n, c_n))


def layer_by_steps(params, m, name, directions, x):
    columns, final = [], []
    for direction in directions:
        zero = torch.zeros(m["encoder_size"])
        state = (zero, zero if m["cell"] == "lstm" else None)
        h = [None] * len(x)
        for j in range(len(x)) if direction == "forward" else reversed(range(len(x))):
            state = cell_step(params, m, f"{name}.{direction}", x[j], state)
            h[j] = state[0]
        columns.append(torch.stack(h))
        final.append(state)
    return torch.cat(columns, dim=1), final


def encode(params, m, x):
    """The annotations, and per layer and direction the last state (h, c)."""
    in_torch = m["cell"] != "gru-reset-before" and not m["layer_normalization"]
    run = layer_with_torch if in_torch else layer_by_steps
    finals = []
    for layer in range(m["encoder_layers"]):
        both = m["encoder_direction"] == "bidirectional" or (
            m["encoder_direction"] == "bidirectional-first" and layer == 0)
        directions = ["forward", "backward"] if both else ["forward"]
        h, final = run(params, m, f"encoder.{layer}", directions, x)
        x = h + x if m["residual"] and layer > 0 and h.shape == x.shape else h
        finals.append(final)
    return x, finals


def start_states(params, m, h, finals):
    """(h, c) of each layer of the decoder."""
    lstm, H = m["cell"] == "lstm", m["decoder_size"]
    if m["start"] == "copy":
        return [(torch.cat([h_n for h_n, _ in final]),
                 torch.cat([c_n for _, c_n in final]) if lstm else None) for final in finals]
    x = h.mean(dim=0) if m["start"] == "mean" else finals[-1][-1][0]
    states = []
    for layer in range(m["decoder_layers"]):
        W = params(f"decoder.start.{layer}.W", H, len(x))
        s = torch.tanh(W @ x + params(f"decoder.start.{layer}.b", H))
        states.append((s, torch.zeros(H) if lstm else None))
    return states


def scores(params, m, s, h, coverage):
    """e [K,S] of every head and position."""
    H, (S, C), K, A = len(s), h.shape, m["attention_heads"], m["attention_size"]
    if m["attention"] == "location":
        return (params("attention.W_a", m["location_positions"], H) @ s)[:S].reshape(1, S)
    if m["attention"] == "additive":
        W_a, U_a = params("attention.W_a", A, H), params("attention.U_a", A, C)
        v_a = params("attention.v_a", A)
        hidden = W_a @ s + h @ U_a.T
        if m["coverage"]:
            hidden = hidden + torch.outer(coverage, params("attention.w_c", A))
        heads = zip(torch.tanh(hidden).chunk(K, dim=1), v_a.chunk(K))
    elif m["attention"] == "general":
        heads = zip(h.chunk(K, dim=1), (params("attention.W_a", H, C).T @ s).chunk(K))
    else:
        heads = zip(h.chunk(K, dim=1), s.chunk(K))
    e = torch.stack([keys @ query for keys, query in heads])
    return e / (H / K) ** 0.5 if m["attention"] == "scaled-dot" else e


def attend(params, m, i, s, h, coverage):
    """α [S], the mean over the heads, and c [C], of step i with the query s."""
    S, H, D = len(h), len(s), m["window_radius"]
    e = scores(params, m, s, h, coverage)
    positions = torch.arange(S)
    if m["attention_window"] == "local-m":
        e = e.masked_fill(abs(positions - min(i, S - 1)) > D, -torch.inf)
    if m["attention_window"] == "local-p":
        hidden = torch.tanh(params("attention.W_p", H, H) @ s)
        p = S * torch.sigmoid(params("attention.v_p", H) @ hidden)
        # A window must not change because of a rounding error.
        assert abs(p - p.round()) > EDGE_MARGIN, f"p = {p.item()}"
        e = e.masked_fill(abs(positions - p) > D, -torch.inf)
    alpha = torch.softmax(e, dim=1)
    if m["attention_window"] == "local-p":
        alpha = alpha * torch.exp(-((positions - p) ** 2) / (2 * (D / 2) ** 2))
    heads = zip(alpha, h.chunk(len(alpha), dim=1))
    c = torch.cat([alpha_k @ h_k for alpha_k, h_k in heads])
    if m["context_gate"]:
        # Xu+ 2015, section 4.2.1.
        c = c * torch.sigmoid(params("attention.w_beta", H) @ s + params("attention.b_beta", 1))
    return alpha.mean(dim=0), c


def decode_step(params, m, i, y, states, t_prev, h, coverage):
    """Step i, after the symbol y. Returns logits, alpha, the new states, t and p_gen."""
    top_before = states[-1][0]
    x = y
    if m["attend"] == "before":
        alpha, c = attend(params, m, i, top_before, h, coverage)
        x = torch.cat([x, c])
    if m["input_feeding"]:
        x = torch.cat([x, t_prev])
    new_states = []
    for layer, state in enumerate(states):
        state = cell_step(params, m, f"decoder.{layer}", x, state)
        if layer == 0 and m["attend"] == "between":
            alpha, c = attend(params, m, i, state[0], h, coverage)
            state = cell_step(params, m, "decoder.transition", c, state)
        new_states.append(state)
        x = state[0] + x if m["residual"] and layer > 0 else state[0]
    if m["attend"] == "after":
        alpha, c = attend(params, m, i, x, h, coverage)
    R = m["readout_size"]
    p_gen = torch.ones(())
    if m["copy"]:
        s = top_before if m["readout"] == "maxout" else x
        p_gen = torch.sigmoid(params("copy.w_c", len(c)) @ c + params("copy.w_s", len(s)) @ s +
                              params("copy.w_x", len(y)) @ y + params("copy.b", 1)[0])
    if m["readout"] == "tanh":
        inputs = torch.cat([c, x])
        t = torch.tanh(params("readout.W", R, len(inputs)) @ inputs)
    elif m["readout"] == "deep-tanh":
        inputs = torch.cat([c, x, y])
        t = torch.tanh(params("readout.W", R, len(inputs)) @ inputs)
    else:
        inputs = torch.cat([c, top_before, y])
        t = (params("readout.W", 2 * R, len(inputs)) @ inputs).reshape(R, 2).max(dim=1).values
    if m["tie"] == "target":
        W_o = params("target.embedding", m["target_vocabulary"], R)
    else:
        W_o = params("output.W_o", m["target_vocabulary"], R)
    return W_o @ t + params("output.b", m["target_vocabulary"]), alpha, new_states, t, p_gen


def mixed(logits, alpha, p_gen, copies):
    """See+ 2017, eq. 9: ln p of the vocabulary and of the symbols that this source has beyond it."""
    V = len(logits)
    size = max([V] + [w + 1 for w in copies])
    generated = torch.cat([torch.softmax(logits, dim=0), torch.zeros(size - V)])
    one_hot = torch.nn.functional.one_hot(torch.tensor(copies), size).to(alpha.dtype)
    shares = (alpha / alpha.sum()) @ one_hot
    there = one_hot.sum(dim=0) > 0
    shares = torch.where(there, shares.clamp(min=SMALLEST_SHARE), shares)
    return torch.log(p_gen * generated + (1 - p_gen) * shares)


def sentence(params, m, source, target, copies=None):
    """Logits [T,V], alpha [T,S] of one pair, and ln p of what the output layer says by itself; both
    sides end with </s>. With copies the logits are ln p of all symbols."""
    E = m["embedding_size"]
    if m["source_kind"] == "features":
        size = E if m["encoder_layers"] else m["encoder_size"]
        W = params("encoder.projection.W", size, m["features"].shape[1])
        x = torch.tanh(m["features"][source] @ W.T + params("encoder.projection.b", size))
    else:
        x = params("source.embedding", m["source_vocabulary"], E)[source + [END]]
    h, finals = encode(params, m, x)
    states = start_states(params, m, h, finals)
    t = torch.zeros(m["readout_size"])
    logits, alphas, generated = [], [], []
    coverage = torch.zeros(len(h))
    for i, y in enumerate([END] + target):
        y = y if y < m["target_vocabulary"] else UNKNOWN
        embedding = params("target.embedding", m["target_vocabulary"], E)[y]
        step_logits, alpha, states, t, p_gen = decode_step(
            params, m, i, embedding, states, t, h, coverage)
        generated.append(torch.log_softmax(step_logits, dim=0))
        logits.append(mixed(step_logits, alpha, p_gen, copies) if copies else step_logits)
        alphas.append(alpha)
        coverage = coverage + alpha
    return torch.stack(logits), torch.stack(alphas), torch.stack(generated)


def guided_loss(alpha, links):
    """Chen+ 2016: each target position shares 1 among its links."""
    loss = torch.zeros(())
    for i in range(len(alpha)):
        linked = [j for target, j in links if target == i]
        for j in linked:
            loss = loss - torch.log(alpha[i, j]) / len(linked)
    return loss


def coverage_loss(alpha):
    """See+ 2017, eq. 12."""
    loss = torch.zeros(())
    for i in range(1, len(alpha)):
        coverage = alpha[:i].sum(dim=0)
        # Of one position alone, both are constant.
        assert alpha.shape[1] == 1 or abs(alpha[i] - coverage).min() > 1e-3, "at the kink of min"
        loss = loss + torch.minimum(alpha[i], coverage).sum()
    return loss


def copies_of(m, pair):
    return COPIES[pair] if m["copy"] else None


def doubly_stochastic_loss(alpha):
    """Xu+ 2015, eq. 14."""
    return ((1 - alpha.sum(dim=0)) ** 2).sum()


def sum_losses(params, m, pairs):
    """Sums over the pairs: the loss, the guided, the coverage and the doubly stochastic loss, and
    their weighted sum."""
    loss, guided, coverage, doubly = torch.zeros(4)
    for i, ((source, target), links) in enumerate(zip(pairs, LINKS)):
        logits, alpha, generated = sentence(params, m, source, target, copies_of(m, i))
        y = torch.tensor(target + [END])
        if m["copy"]:
            chosen = logits[torch.arange(len(y)), y]
            loss = loss - (1 - LABEL_SMOOTHING) * chosen.sum()
            loss = loss - LABEL_SMOOTHING * generated.mean(dim=1).sum()
        else:
            loss = loss + torch.nn.functional.cross_entropy(
                logits, y, label_smoothing=LABEL_SMOOTHING, reduction="sum")
        if m["attention_losses"]:
            guided = guided + guided_loss(alpha, links)
            coverage = coverage + coverage_loss(alpha)
        if m["doubly_stochastic"]:
            doubly = doubly + doubly_stochastic_loss(alpha)
    objective = (loss + GUIDED_WEIGHT * guided + COVERAGE_WEIGHT * coverage +
                 DOUBLY_STOCHASTIC_WEIGHT * doubly)
    return loss, guided, coverage, doubly, objective


def adam_losses(params, m, pairs):
    tokens = sum(len(target) + 1 for _, target in pairs)
    leaves = list(params.tensors.values())
    optimizer = torch.optim.Adam(leaves, lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    clipped = 0
    for _ in range(ADAM_STEPS):
        optimizer.zero_grad()
        objective = sum_losses(params, m, pairs)[-1]
        losses.append(objective.item())
        (objective / tokens).backward()
        norm = torch.sqrt(sum((leaf.grad**2).sum() for leaf in leaves)).item()
        clipped += norm > CLIP_NORM
        for leaf in leaves:
            leaf.grad *= min(1.0, CLIP_NORM / norm)
        optimizer.step()
    losses.append(sum_losses(params, m, pairs)[-1].item())
    print(f"  losses {losses[0]:.4f} … {losses[-1]:.4f}, clipped in {clipped} of {ADAM_STEPS} steps")
    return np.array(losses)


def compute(m):
    pairs = m["pairs"]
    params = Parameters(torch.Generator().manual_seed(m["seed"]))
    out = {}
    with torch.no_grad():
        for i, (source, target) in enumerate(pairs):
            logits, alpha, _ = sentence(params, m, source, target, copies_of(m, i))
            if m["copy"]:
                out[f"copies/{i}"] = np.array(COPIES[i], dtype=np.int32)
            out[f"source/{i}"] = np.array(source, dtype=np.int32)
            out[f"target/{i}"] = np.array(target, dtype=np.int32)
            out[f"logits/{i}"] = logits.numpy()
            out[f"alpha/{i}"] = alpha.numpy()
    if m["source_kind"] == "features":
        out["features"] = m["features"].numpy()
    loss, guided, coverage, doubly, objective = sum_losses(params, m, pairs)
    out["loss"] = np.array([loss.item()])
    if m["attention_losses"]:
        out["guided_loss"] = np.array([guided.item()])
        out["coverage_loss"] = np.array([coverage.item()])
        for i, links in enumerate(LINKS):
            out[f"links/{i}"] = np.array(links, dtype=np.int32).reshape(-1, 2)
    if m["doubly_stochastic"]:
        out["doubly_stochastic_loss"] = np.array([doubly.item()])
    (objective / sum(len(target) + 1 for _, target in pairs)).backward()
    for name, tensor in params.tensors.items():
        out["parameters/" + name] = tensor.detach().numpy().copy()
        out["gradients/" + name] = tensor.grad.numpy().copy()
    out["adam_losses"] = adam_losses(params, m, pairs)
    return out


def write(m):
    out = compute(m)
    made_with = {
        "seed": str(m["seed"]),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "safetensors": safetensors.__version__,
        "python": sys.version.split()[0],
    }
    path = os.path.join(DIRECTORY, m["name"] + ".safetensors")
    # One key, because safetensors writes several in random order.
    safetensors.numpy.save_file(out, path, {"made_with": json.dumps(made_with)})
    print(f"{path}: {os.path.getsize(path)} bytes, loss {out['loss'][0]:.6f}")


# Unequal lengths, an empty source, an empty target, repeated tokens, <unk>.
PAIRS = [
    ([3, 5, 3], [4, 2]),
    ([2, 7, 4, 4, 6], [3, 3, 5, 0, 6]),
    ([], [7, 2, 7]),
    ([5], []),
    ([6, 0, 2, 9], [2, 8, 4, 3]),
]

# A monotone window reaches the end of the source before the target ends.
LONG_TARGET = ([6, 0], [2, 8, 4, 3, 5, 2])

# Rows of FEATURES, which are float32, and targets.
ITEMS = [([0, 1, 2], [4, 2]), ([3, 4, 5, 6, 7], [3, 3, 5, 0, 6]), ([8], [7, 2, 7]),
         ([3, 4, 5, 6, 7], []), ([9, 10], [2, 8, 4, 3])]
FEATURES = torch.randn(11, 7, generator=torch.Generator().manual_seed(20150203),
                       dtype=torch.float32).double()

# (target, source) positions in PAIRS.
LINKS = [
    [(0, 2), (1, 0), (1, 1)],
    [(0, 0), (2, 3), (2, 4), (3, 1), (4, 2)],
    [],
    [],
    [(0, 1), (3, 3)],
]

# For models that copy: what the positions of PAIRS copy as, and the targets with symbols beyond the
# vocabulary of 9. Symbols of one source, of its vocabulary or not, that stand there twice; targets
# that are copied, written, or both.
COPIES = [[9, 4, 9, 1], [2, 9, 10, 10, 5, 1], [1], [9, 1], [6, 9, 2, 10, 1]]
COPIED_PAIRS = [
    ([3, 5, 3], [4, 9]),
    ([2, 7, 4, 4, 6], [3, 10, 5, 0, 9]),
    ([], [7, 2, 7]),
    ([5], []),
    ([6, 0, 2, 9], [2, 8, 10, 3]),
]

# Names and values are those of the options of atento train.
DEFAULTS = dict(
    encoder_direction="bidirectional", encoder_layers=1, decoder_layers=1, residual=False,
    layer_normalization=False, attention_size=0, attention_heads=1, attention_window="global",
    window_radius=0, location_positions=0, coverage=False, attention_losses=False,
    input_feeding=False, tie="none", copy=False, context_gate=False, doubly_stochastic=False,
    source_kind="symbols", source_vocabulary=11, target_vocabulary=9,
    pairs=PAIRS)

MODELS = [
    dict(name="gru_between", seed=20150901, cell="gru", embedding_size=5, encoder_size=5,
         decoder_size=7, attention="additive", attention_size=8, attend="between",
         readout="deep-tanh", readout_size=6, start="mean"),
    dict(name="lstm_input_feeding", seed=20150902, cell="lstm", embedding_size=5, encoder_size=4,
         encoder_layers=2, decoder_size=8, decoder_layers=2, attention="general", attend="after",
         input_feeding=True, readout="tanh", readout_size=5, start="copy", tie="target"),
    dict(name="bahdanau", seed=20150903, cell="gru-reset-before", embedding_size=8, encoder_size=5,
         decoder_size=6, attention="additive", attention_size=7, attend="before",
         readout="maxout", readout_size=5, start="final"),
    dict(name="walkthrough", seed=20150904, cell="tanh", encoder_direction="forward",
         embedding_size=6, encoder_size=7, decoder_size=7, attention="dot", attend="after",
         readout="tanh", readout_size=9, start="copy"),
    # Scores.
    dict(name="scaled_dot_heads", seed=20150905, cell="gru", embedding_size=4, encoder_size=4,
         decoder_size=8, attention="scaled-dot", attention_heads=2, attend="before",
         readout="tanh", readout_size=5, start="mean"),
    dict(name="additive_heads", seed=20150906, cell="lstm", embedding_size=4, encoder_size=3,
         decoder_size=5, attention="additive", attention_size=8, attention_heads=2,
         attend="between", readout="deep-tanh", readout_size=4, start="mean"),
    dict(name="location", seed=20150907, cell="tanh", encoder_direction="forward",
         embedding_size=4, encoder_size=5, decoder_size=6, attention="location",
         location_positions=8, attend="after", readout="tanh", readout_size=5, start="final"),
    # Windows.
    dict(name="local_m", seed=20150908, cell="gru", embedding_size=4, encoder_size=3,
         decoder_size=5, attention="general", attention_window="local-m", window_radius=1,
         attend="after", readout="tanh", readout_size=5, start="mean",
         pairs=PAIRS[:4] + [LONG_TARGET]),
    dict(name="local_p", seed=20168309, cell="lstm", embedding_size=4, encoder_size=3,
         decoder_size=6, attention="general", attention_window="local-p", window_radius=2,
         attend="after", input_feeding=True, readout="tanh", readout_size=5, start="copy"),
    dict(name="local_p_additive", seed=20183610, cell="gru", embedding_size=4, encoder_size=3,
         decoder_size=5, attention="additive", attention_size=7, attention_window="local-p",
         window_radius=1, attend="before", readout="deep-tanh", readout_size=5, start="mean"),
    # Coverage, and the losses on the attention weights.
    dict(name="coverage", seed=20153311, cell="gru", embedding_size=4, encoder_size=3,
         decoder_size=5, attention="additive", attention_size=6, coverage=True,
         attention_losses=True, attend="between", readout="deep-tanh", readout_size=5,
         start="mean"),
    # Copying. The window is wider than the sources: the weights do not sum to 1, and none is 0.
    dict(name="copy", seed=20170739, cell="lstm", embedding_size=4, encoder_size=4, decoder_size=5,
         attention="additive", attention_size=6, attention_heads=2, coverage=True,
         attention_losses=True, attend="between", readout="deep-tanh", readout_size=4,
         start="mean", copy=True, pairs=COPIED_PAIRS),
    dict(name="copy_local_p", seed=20171959, cell="gru-reset-before", embedding_size=5,
         encoder_size=3, decoder_size=5, attention="general", attention_window="local-p",
         window_radius=6, attend="before", readout="maxout", readout_size=5, start="final",
         tie="target", copy=True, pairs=COPIED_PAIRS),
    # A gated context, and sources of feature vectors.
    dict(name="gate", seed=20150920, cell="gru", embedding_size=4, encoder_size=3, decoder_size=6,
         attention="general", context_gate=True, doubly_stochastic=True, attend="between",
         readout="deep-tanh", readout_size=5, start="mean"),
    dict(name="captions", seed=20150921, source_kind="features", features=FEATURES, cell="lstm",
         embedding_size=4, encoder_layers=0, encoder_size=6, decoder_size=5, attention="additive",
         attention_size=6, attention_heads=2, context_gate=True, doubly_stochastic=True,
         attend="before", readout="deep-tanh", readout_size=5, start="mean", pairs=ITEMS),
    dict(name="frames", seed=20150922, source_kind="features", features=FEATURES, cell="gru",
         embedding_size=4, encoder_size=3, decoder_size=5, attention="additive", attention_size=6,
         attend="after", readout="tanh", readout_size=5, start="final", pairs=ITEMS),
    # Layers and cells.
    dict(name="residual", seed=20150912, cell="lstm", embedding_size=4, encoder_size=3,
         encoder_layers=2, decoder_size=6, decoder_layers=2, residual=True, attention="general",
         attend="after", readout="tanh", readout_size=5, start="copy"),
    dict(name="bidirectional_first", seed=20150913, cell="gru",
         encoder_direction="bidirectional-first", embedding_size=4, encoder_size=4,
         encoder_layers=2, decoder_size=5, attention="additive", attention_size=4, attend="before",
         readout="tanh", readout_size=4, start="final"),
    dict(name="normalized_tanh", seed=20150914, cell="tanh", layer_normalization=True,
         encoder_direction="forward", embedding_size=4, encoder_size=6, decoder_size=6,
         attention="dot", attend="after", readout="tanh", readout_size=5, start="copy"),
    dict(name="normalized_gru", seed=20150915, cell="gru", layer_normalization=True,
         embedding_size=4, encoder_size=4, decoder_size=5, attention="additive", attention_size=5,
         attend="between", readout="deep-tanh", readout_size=4, start="mean"),
    dict(name="normalized_gru_reset_before", seed=20150916, cell="gru-reset-before",
         layer_normalization=True, embedding_size=4, encoder_size=4, decoder_size=5,
         attention="additive", attention_size=5, attend="before", readout="maxout",
         readout_size=4, start="final"),
    dict(name="normalized_lstm", seed=20150917, cell="lstm", layer_normalization=True,
         encoder_direction="forward", embedding_size=4, encoder_size=5, decoder_size=5,
         attention="general", attend="after", input_feeding=True, readout="tanh", readout_size=4,
         start="copy"),
    # Much of that at once. Of the encoder's layers only the last hands on as much as it reads.
    dict(name="combined", seed=20151618, cell="lstm", encoder_direction="bidirectional-first",
         embedding_size=3, encoder_size=4, encoder_layers=3, decoder_size=5, decoder_layers=2,
         residual=True, layer_normalization=True, attention="additive", attention_size=6,
         attention_heads=2, attention_window="local-p", window_radius=1, coverage=True,
         attend="between", input_feeding=True, readout="deep-tanh", readout_size=3,
         start="mean"),
]

if __name__ == "__main__":
    for model in MODELS:
        write({**DEFAULTS, **model})
