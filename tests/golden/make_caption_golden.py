#!/usr/bin/env python3
"""Writes tests/golden/metrics/captions.json: CIDEr, CIDEr-D, BLEU-1..4 and kept-token F1 of the corpora
that make_metrics_golden.py wrote.

CIDEr is written out here from Vedantam+ 2015 as the COCO evaluation code does it, in dictionaries;
BLEU is sacreBLEU's with max_ngram_order and without smoothing. The tests read only the result.

    python3 tests/golden/make_caption_golden.py
"""
import json
import math
import pathlib
from collections import Counter

import sacrebleu
from sacrebleu.metrics import BLEU

DIRECTORY = pathlib.Path(__file__).resolve().parent / "metrics"
CORPORA = ["mixed", "short", "empty", "nothing_shared", "identical", "random"]
SIGMA = 6.0


def ngrams(text):
    words = text.split()
    return Counter(tuple(words[i:i + n]) for n in range(1, 5) for i in range(len(words) - n + 1))


def tf_idf(counts, frequency, log_lines):
    vector = [{} for _ in range(4)]
    for gram, count in counts.items():
        vector[len(gram) - 1][gram] = count * (log_lines - math.log(max(1.0, frequency[gram])))
    norms = [math.sqrt(sum(w * w for w in part.values())) for part in vector]
    bigrams = sum(count for gram, count in counts.items() if len(gram) == 2)
    return vector, norms, bigrams


def similarity(hyp, ref, clipped):
    total = 0.0
    for n in range(4):
        value = 0.0
        for gram, weight in hyp[0][n].items():
            other = ref[0][n].get(gram, 0.0)
            value += (min(weight, other) if clipped else weight) * other
        if hyp[1][n] != 0 and ref[1][n] != 0:
            value /= hyp[1][n] * ref[1][n]
        if clipped:
            value *= math.exp(-(hyp[2] - ref[2]) ** 2 / (2 * SIGMA ** 2))
        total += value
    return total / 4


def cider(hyps, refs, clipped):
    """refs: one list of references per line. Values of the lines, 0 to 10."""
    frequency = Counter()
    for of_line in refs:
        frequency.update({gram for ref in of_line for gram in ngrams(ref)})
    log_lines = math.log(len(hyps))
    values = []
    for hyp, of_line in zip(hyps, refs):
        weighed = tf_idf(ngrams(hyp), frequency, log_lines)
        values.append(10 * sum(
            similarity(weighed, tf_idf(ngrams(ref), frequency, log_lines), clipped)
            for ref in of_line) / len(of_line))
    return values


def kept_f1(hyp, of_line):
    best = 0.0
    kept = Counter(hyp.split())
    for ref in of_line:
        wanted = Counter(ref.split())
        if not kept and not wanted:
            return 1.0
        shared = sum((kept & wanted).values())
        if shared:
            precision, recall = shared / sum(kept.values()), shared / sum(wanted.values())
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def read(name, suffix):
    return (DIRECTORY / f"{name}.{suffix}").read_bytes().decode().split("\n")[:-1]


def entries(name):
    hyps, sets = read(name, "hyp"), [read(name, "ref"), read(name, "ref2")]
    for count in (1, 2):
        refs = [list(line) for line in zip(*sets[:count])]

        def entry(metric, score, sentences=()):
            return {"corpus": name, "references": count, "metric": metric, "score": score,
                    "sentences": list(sentences)}

        for metric, clipped in (("cider", False), ("cider-d", True)):
            values = cider(hyps, refs, clipped)
            yield entry(metric, 100 * sum(values) / len(values), [100 * v for v in values[:40]])
        for order in range(1, 5):
            bleu = BLEU(tokenize="none", max_ngram_order=order, smooth_method="none", force=True)
            yield entry(f"bleu{order}", bleu.corpus_score(hyps, sets[:count]).score)
        values = [kept_f1(hyp, line) for hyp, line in zip(hyps, refs)]
        yield entry("kept-f1", 100 * sum(values) / len(values), [100 * v for v in values[:40]])


def main():
    results = [entry for name in CORPORA for entry in entries(name)]
    content = {"generator": f"sacrebleu {sacrebleu.__version__}", "results": results}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (DIRECTORY / "captions.json").write_text(text)


if __name__ == "__main__":
    main()
