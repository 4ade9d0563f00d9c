"""Batched beam search over a Seq2Seq of seq2seq.py: all sentences of a batch and their hypotheses are
one batch of rows, as in `atento translate`."""

import torch

END = 1


def hidden(state, select):
    """select() of every tensor in a decoder's state."""
    if isinstance(state, torch.Tensor):
        return select(state)
    return type(state)(hidden(part, select) for part in state)


@torch.inference_mode()
def beam_search(model, source, lengths, beam, steps):
    """The hypotheses [B, steps] of sources [S,B] with the best log-probability per symbol; finished ones
    stay in the beam and continue with </s> at no cost."""
    decoder = model.decoder
    h, final, mask = model.encode(source, lengths)
    sentences = h.shape[0]
    state, keys = decoder.start(h, final), decoder.keys(h)
    repeat = lambda t: t.repeat_interleave(beam, dim=0)
    state, h, keys, mask = hidden(state, repeat), repeat(h), repeat(keys), repeat(mask)
    ids = torch.full((sentences * beam,), END)
    log_probs = torch.full((sentences, beam), -torch.inf)
    log_probs[:, 0] = 0
    finished = torch.zeros(sentences, beam, dtype=torch.bool)
    words = torch.zeros(sentences, beam, 0, dtype=torch.long)
    rows = torch.arange(sentences)[:, None]
    for _ in range(steps):
        t, state = decoder.step(decoder.embedding(ids), state, h, keys, mask)
        if hasattr(decoder, "read"):
            t = decoder.read(t)
        step = torch.log_softmax(decoder.output(t), dim=1).view(sentences, beam, -1)
        step = step.masked_fill(finished[:, :, None], -torch.inf)
        step[:, :, END] = step[:, :, END].masked_fill(finished, 0)
        vocabulary = step.shape[2]
        log_probs, best = (log_probs[:, :, None] + step).flatten(1).topk(beam, dim=1)
        parent = best // vocabulary
        next_ids = best % vocabulary
        order = (rows * beam + parent).flatten()
        state = hidden(state, lambda t: t.index_select(0, order))
        finished = finished.gather(1, parent) | (next_ids == END)
        words = torch.cat([words[rows, parent], next_ids[:, :, None]], dim=2)
        ids = next_ids.flatten()
        if bool(finished.all()):
            break
    symbols = (words != END).sum(dim=2) + 1
    best = (log_probs / symbols).argmax(dim=1)
    return words[rows[:, 0], best]
