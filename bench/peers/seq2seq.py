"""The workloads of `atento benchmark` in idiomatic PyTorch: fused nn.LSTM and nn.GRU in the encoder,
over packed sequences if their lengths differ, cells in the decoder, keys projected once per sentence,
the output layer and its loss once per batch. Tensors can be read from an Atento model, so that both can be shown to
compute the same loss.
"""

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        kind = nn.LSTM if config["cell"] == "lstm" else nn.GRU
        self.embedding = nn.Embedding(config["source-vocabulary"], config["embedding-size"])
        self.rnn = kind(config["embedding-size"], config["encoder-size"],
                        num_layers=config["encoder-layers"], bidirectional=True)

    def forward(self, source, lengths):
        """source [S,B], lengths [B] falling: annotations [B,S,C] and the final states."""
        embedded = self.embedding(source)
        if lengths[-1] == source.shape[0]:
            h, final = self.rnn(embedded)
        else:
            packed, final = self.rnn(pack_padded_sequence(embedded, lengths))
            h = pad_packed_sequence(packed)[0]
        return h.transpose(0, 1), final


class GeneralDecoder(nn.Module):
    """Luong+ 2015: stacked LSTM, general score, input feeding."""

    def __init__(self, config):
        super().__init__()
        E, H = config["embedding-size"], config["decoder-size"]
        self.embedding = nn.Embedding(config["target-vocabulary"], E)
        sizes = [E + H] + [H] * (config["decoder-layers"] - 1)
        self.cells = nn.ModuleList(nn.LSTMCell(size, H) for size in sizes)
        self.score = nn.Linear(2 * config["encoder-size"], H, bias=False)
        self.readout = nn.Linear(2 * config["encoder-size"] + H, H, bias=False)
        self.output = nn.Linear(H, config["target-vocabulary"])

    def start(self, h, final, mask):
        join = lambda states: [torch.cat(pair, dim=1) for pair in zip(states[0::2], states[1::2])]
        layers = list(zip(join(final[0]), join(final[1])))
        return layers, torch.zeros_like(layers[0][0])

    def keys(self, h):
        return self.score(h)

    def step(self, x, state, h, keys, mask):
        """x [B,E]: the readout t [B,H], the next state."""
        layers, t = state
        x = torch.cat([x, t], dim=1)
        stepped = []
        for cell, (s, c) in zip(self.cells, layers):
            s, c = cell(x, (s, c))
            stepped.append((s, c))
            x = s
        e = torch.bmm(keys, x.unsqueeze(2)).squeeze(2).masked_fill(mask, -torch.inf)
        context = torch.bmm(torch.softmax(e, dim=1).unsqueeze(1), h).squeeze(1)
        t = torch.tanh(self.readout(torch.cat([context, x], dim=1)))
        return t, (stepped, t)


class AdditiveDecoder(nn.Module):
    """The conditional GRU: attention between two cells, additive score."""

    def __init__(self, config):
        super().__init__()
        E, H, A = config["embedding-size"], config["decoder-size"], config["attention-size"]
        C = 2 * config["encoder-size"]
        self.embedding = nn.Embedding(config["target-vocabulary"], E)
        self.start_layer = nn.Linear(C, H)
        self.cell = nn.GRUCell(E, H)
        self.transition = nn.GRUCell(C, H)
        self.query = nn.Linear(H, A, bias=False)
        self.project = nn.Linear(C, A, bias=False)
        self.v = nn.Linear(A, 1, bias=False)
        self.readout = nn.Linear(C + H, config["readout-size"], bias=False)
        self.output = nn.Linear(config["readout-size"], config["target-vocabulary"])

    def start(self, h, final, mask):
        return torch.tanh(self.start_layer(h.sum(dim=1) / (~mask).sum(dim=1, keepdim=True)))

    def keys(self, h):
        return self.project(h)

    def step(self, x, s, h, keys, mask):
        s = self.cell(x, s)
        e = self.v(torch.tanh(self.query(s).unsqueeze(1) + keys)).squeeze(2)
        alpha = torch.softmax(e.masked_fill(mask, -torch.inf), dim=1)
        context = torch.bmm(alpha.unsqueeze(1), h).squeeze(1)
        s = self.transition(context, s)
        return torch.cat([context, s], dim=1), s

    def read(self, joined):
        return torch.tanh(self.readout(joined))


class Seq2Seq(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        additive = config["attention"] == "additive"
        self.decoder = AdditiveDecoder(config) if additive else GeneralDecoder(config)

    def encode(self, source, lengths):
        h, final = self.encoder(source, lengths)
        positions = torch.arange(h.shape[1])
        return h, final, positions[None, :] >= lengths[:, None]

    def logits(self, source, lengths, target_input):
        """[T,B,V]"""
        h, final, mask = self.encode(source, lengths)
        state, keys = self.decoder.start(h, final, mask), self.decoder.keys(h)
        outputs = []
        for x in self.decoder.embedding(target_input):
            t, state = self.decoder.step(x, state, h, keys, mask)
            outputs.append(t)
        t = torch.stack(outputs)
        if hasattr(self.decoder, "read"):
            t = self.decoder.read(t)
        return self.decoder.output(t)

    def loss(self, source, lengths, target_input, target_output, label_smoothing, reduction="mean"):
        logits = self.logits(source, lengths, target_input)
        return cross_entropy(logits.flatten(0, 1), target_output.flatten(),
                             label_smoothing=label_smoothing, reduction=reduction)


def gru_rows(matrix):
    """Atento's z admits the new state, PyTorch's keeps the old one."""
    r, z, n = matrix.chunk(3)
    return torch.cat([r, -z, n])


def load(model, path):
    """Takes the tensors of an Atento model.safetensors."""
    tensors = load_file(path)
    lstm = model.config["cell"] == "lstm"
    rows = (lambda m: m) if lstm else gru_rows

    def set_cell(name, module, suffix):
        size = tensors[name + ".U"].shape[1]
        bias = torch.zeros_like(tensors[name + ".b"])
        if not lstm:
            bias[2 * size:] = tensors[name + ".b_u"]
        values = {"weight_ih": rows(tensors[name + ".W"]), "weight_hh": rows(tensors[name + ".U"]),
                  "bias_ih": rows(tensors[name + ".b"]), "bias_hh": bias}
        for kind, value in values.items():
            getattr(module, kind + suffix).copy_(value)

    decoder = model.decoder
    with torch.no_grad():
        model.encoder.embedding.weight.copy_(tensors["source.embedding"])
        decoder.embedding.weight.copy_(tensors["target.embedding"])
        for layer in range(model.config["encoder-layers"]):
            set_cell(f"encoder.{layer}.forward", model.encoder.rnn, f"_l{layer}")
            set_cell(f"encoder.{layer}.backward", model.encoder.rnn, f"_l{layer}_reverse")
        if lstm:
            for layer, cell in enumerate(decoder.cells):
                set_cell(f"decoder.{layer}", cell, "")
            decoder.score.weight.copy_(tensors["attention.W_a"])
        else:
            set_cell("decoder.0", decoder.cell, "")
            set_cell("decoder.transition", decoder.transition, "")
            decoder.start_layer.weight.copy_(tensors["decoder.start.0.W"])
            decoder.start_layer.bias.copy_(tensors["decoder.start.0.b"])
            decoder.query.weight.copy_(tensors["attention.W_a"])
            decoder.project.weight.copy_(tensors["attention.U_a"])
            decoder.v.weight.copy_(tensors["attention.v_a"][None])
        decoder.readout.weight.copy_(tensors["readout.W"])
        decoder.output.weight.copy_(tensors["output.W_o"])
        decoder.output.bias.copy_(tensors["output.b"])
