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
def beam_search(model, source, lengths, beam, limits):
    """The symbols of each source of [S,B], </s> left out, with the best log-probability per symbol: the
    search of `atento translate`, src/search/beam_search.h. Of the 2 · beam best continuations, those among the
    first beam that end are finished and the best beam others live on; a sentence is over with beam
    finished ones, or when no living one can win. limits [B]: the most symbols of each, </s> counted."""
    decoder = model.decoder
    h, final, mask = model.encode(source, lengths)
    sentences = h.shape[0]
    state, keys = decoder.start(h, final, mask), decoder.keys(h)
    repeat = lambda t: t.repeat_interleave(beam, dim=0)
    state, h, keys, mask = hidden(state, repeat), repeat(h), repeat(keys), repeat(mask)
    ids = torch.full((sentences * beam,), END)
    log_probs = torch.full((sentences, beam), -torch.inf)
    log_probs[:, 0] = 0
    words = torch.zeros(sentences, beam, 0, dtype=torch.long)
    results = [[]] * sentences
    best_score = torch.full((sentences,), -torch.inf)
    finished = torch.zeros(sentences, dtype=torch.long)
    column = torch.arange(sentences)
    for symbols in range(1, int(limits.max()) + 1):
        t, state = decoder.step(decoder.embedding(ids), state, h, keys, mask)
        if hasattr(decoder, "read"):
            t = decoder.read(t)
        step = torch.log_softmax(decoder.output(t), dim=1).view(len(column), beam, -1)
        last = limits == symbols
        if last.any():
            step[last, :, :END] = step[last, :, END + 1:] = -torch.inf
        vocabulary = step.shape[2]
        values, best = (log_probs[:, :, None] + step).flatten(1).topk(2 * beam, dim=1)
        parent, next_ids = best // vocabulary, best % vocabulary
        end = next_ids == END
        ended = torch.where(end[:, :beam], values[:, :beam], -torch.inf)
        finished += ended.isfinite().sum(dim=1)
        score, place = (ended / symbols).max(dim=1)
        for i in (score > best_score).nonzero().flatten().tolist():
            results[column[i]] = words[i, parent[i, place[i]]].tolist()
        best_score = torch.maximum(best_score, score)

        log_probs, place = values.masked_fill(end, -torch.inf).topk(beam, dim=1)
        log_probs = log_probs.masked_fill(
            log_probs / limits[:, None] <= best_score[:, None], -torch.inf)
        over = (finished >= beam) | log_probs.isinf().all(dim=1)
        rows = torch.arange(len(column))[:, None]
        parent, next_ids = parent.gather(1, place), next_ids.gather(1, place)
        words = torch.cat([words[rows, parent], next_ids[:, :, None]], dim=2)
        order = rows * beam + parent
        if over.any():
            left = (~over).nonzero().flatten()
            if len(left) == 0:
                break
            order, next_ids, words, log_probs = (t[left] for t in (order, next_ids, words, log_probs))
            best_score, finished = best_score[left], finished[left]
            column, limits = column[left], limits[left]
            kept = (left[:, None] * beam + torch.arange(beam)).flatten()
            h, keys, mask = (t.index_select(0, kept) for t in (h, keys, mask))
        order = order.flatten()
        state = hidden(state, lambda t: t.index_select(0, order))
        ids = next_ids.flatten()
    return results
