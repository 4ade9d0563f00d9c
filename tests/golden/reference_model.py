"""Small encoder-decoder models in PyTorch, written without Atento's sources: torch.nn's cells and
layers where there are any, autograd, one sentence at a time, float64. Tensor names and shapes are
those of docs/file-format.md; m is a dictionary of the options of atento train.
"""

import torch
from torch.func import functional_call

UNKNOWN, END = 0, 1  # <unk>, </s>
LAYER_NORM_EPSILON = 1e-5
EDGE_MARGIN = 0.05
SMALLEST_SHARE = 1e-9

torch.set_default_dtype(torch.float64)


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
        suffix = "_l0" + ("_reverse" if direction == "backward" and len(directions) == 2 else "")
        cell = torch_weights(params, f"{name}.{direction}", m["cell"], x.shape[-1], size)
        weights.update({kind + suffix: w for kind, w in cell.items()})
    # torch.nn has no layer that reads backward alone.
    backward = directions == ["backward"]
    h, final = functional_call(module, weights, (x.flip(0) if backward else x,))
    h_n, c_n = final if m["cell"] == "lstm" else (final, [None] * len(directions))
    return h.flip(0) if backward else h, list(zip(h_n, c_n))


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
        directions = {
            "forward": ["forward"],
            "backward": ["backward"],
            "bidirectional": ["forward", "backward"],
            "bidirectional-first": ["forward"] if layer else ["forward", "backward"],
        }[m["encoder_direction"]]
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
    if m["attention"] == "none":
        return torch.zeros(S), torch.zeros(0)
    if m["attention"] == "fixed":
        return torch.nn.functional.one_hot(torch.tensor(S - 1), S).to(h.dtype), h[-1]
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
    if m["tie"] != "none":
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
        side = "target" if m["tie"] == "all" else "source"
        x = params(f"{side}.embedding", m["source_vocabulary"], E)[source + [END]]
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
