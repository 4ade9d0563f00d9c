#!/usr/bin/env python3
"""Writes tests/golden/model/*.safetensors: what PyTorch computes for small models.

The models are in reference_model.py. Read by tests/model/golden_test.cc, which needs neither:

    pip install torch numpy safetensors
    python3 tests/golden/make_model_golden.py

A file holds parameters/NAME, gradients/NAME (of the mean objective per target token), source/I and
target/I (ids without </s>), logits/I, alpha/I (the heads' mean; none without attention), loss (the sum), and adam_losses:
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

from reference_model import END, Parameters, sentence

LABEL_SMOOTHING = 0.1
LEARNING_RATE = 0.01
CLIP_NORM = 0.5
ADAM_STEPS = 10
GUIDED_WEIGHT = 0.4
COVERAGE_WEIGHT = 0.6
DOUBLY_STOCHASTIC_WEIGHT = 0.7
DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model")

torch.set_num_threads(1)


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
            if m["attention"] != "none":
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
    # One vector for the whole source: at every step, or as the first state alone.
    dict(name="fixed", seed=20151023, cell="gru-reset-before", encoder_direction="forward",
         embedding_size=4, encoder_size=5, decoder_size=6, attention="fixed", attend="before",
         readout="maxout", readout_size=5, start="final"),
    dict(name="none", seed=20151024, cell="lstm", encoder_direction="forward", embedding_size=4,
         encoder_size=5, decoder_size=5, attention="none", attend="after", readout="deep-tanh",
         readout_size=4, start="copy"),
    # Layers and cells.
    dict(name="reversed_source", seed=20152725, cell="lstm", encoder_direction="backward",
         embedding_size=4, encoder_size=5, encoder_layers=2, decoder_size=5, decoder_layers=2,
         attention="general", attention_window="local-p", window_radius=2, attend="after",
         input_feeding=True, readout="tanh", readout_size=5, start="copy"),
    dict(name="before_two_layers", seed=20150926, cell="gru", embedding_size=4, encoder_size=3,
         decoder_size=5, decoder_layers=2, attention="additive", attention_size=6,
         attend="before", readout="maxout", readout_size=4, start="mean"),
    dict(name="tie_all", seed=20150927, cell="gru", embedding_size=5, encoder_size=4,
         decoder_size=6, attention="additive", attention_size=6, attend="between",
         readout="deep-tanh", readout_size=5, start="mean", tie="all", target_vocabulary=11),
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
