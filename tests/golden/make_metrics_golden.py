#!/usr/bin/env python3
"""Writes tests/golden/metrics/: BLEU and chrF of texts made up here, as sacreBLEU computes them.

Needs sacrebleu from PyPI; the tests read only what this writes. The texts are chosen for what
tokenisers trip over, the larger corpus is words drawn and damaged at random from a fixed seed.

    python3 tests/golden/make_metrics_golden.py
"""
import json
import pathlib
import random
import sys
import unicodedata

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

SEED = 20140901
DIRECTORY = pathlib.Path(__file__).resolve().parent / "metrics"

# (hypothesis, first reference, second reference)
MIXED = [
    ("The cat sat on the mat.", "The cat is on the mat.", "There is a cat on the mat."),
    ("It costs 1,000.5 dollars, not 999.", "It costs 1,000.5 dollars and not 999,-.",
     "The price is 1,000.5 dollars, not 999."),
    ('He said: "Wait!" -- and left...', 'He said, "Wait!" - and left ...',
     "\"Wait\", he said (and left)..."),
    ("Fish &amp; chips for &quot;two&quot; &lt;b&gt;", 'Fish & chips for "two" <b>',
     "Fish &amp;amp; chips for 'two' <b>"),
    ("Tom & Jerry's well-known 24-7 show, 10-12 p.m.",
     "Tom & Jerry's well known 24-7 show,10-12 pm.",
     "The 24-7 show of Tom and Jerry's is well-known: 10-12 p.m."),
    ("See http://example.org/a_b?c=d&e=f#g or mail me@example.org!",
     "See http://example.org/a_b?c=d&e=f or write to me@example.org.",
     "Look at http://example.org/a_b?c=d&e=f#g, or mail me@example.org!"),
    ("", "An empty hypothesis.", ""),
    ("This reference is empty.", "", "This reference is empty!"),
    ("", "", ""),
    ("Yes", "Yes", "No"),
    ("No.", "Yes", "Yes."),
    ("Le président n'est pas arrivé à l'heure, hélas !",
     "Le président n'est pas arrivé à l’heure, hélas !",
     "Hélas, le président n'est pas arrivé à temps !"),
    ("« Où vas-tu ? », demanda-t-elle à l'été 1998.", "« Où vas-tu ? » demanda-t-elle, été 1998.",
     "Où vas-tu ?, demanda-t-elle pendant l'été de 1998."),
    ("Die Größe der Straße beträgt 3,5 m² (±0,2 %).",
     "Die Grösse der Straße beträgt 3,5 m² ± 0,2 %.",
     "Die Straße ist 3,5 m² (±0,2 %) groß."),
    ("ÄRGER MIT ÜBERMÜTIGEN ÖFEN: STRASSE GESPERRT", "Ärger mit übermütigen Öfen: Straße gesperrt",
     "ÄRGER mit Übermütigen Öfen; strasse gesperrt"),
    ("Der Zug fährt ab Gleis 7–9 … oder auch nicht", "Der Zug fährt von Gleis 7-9 ... oder nicht",
     "Von Gleis 7–9 fährt der Zug … oder auch nicht."),
    ("我喜欢吃苹果，也喜欢吃梨。", "我喜欢苹果，也爱吃梨。", "苹果和梨我都喜欢吃。"),
    ("北京是中国的首都。", "中国的首都是北京。", "北京是首都。"),
    ("今日は　天気が いいですね。", "今日はいい天気ですね。", "今日は　とても天気が　いいですね。"),
    ("東京タワーは333メートルです！", "東京タワーの高さは333メートルです。", "東京タワーは 333 メートルです！"),
    ("ΟΔΥΣΣΕΥΣ ΚΑΙ Ο ΚΥΚΛΩΠΑΣ. ΤΕΛΟΣ!", "Οδυσσεύς και ο Κύκλωπας. Τέλος!",
     "ΟΔΥΣΣΕΥΣ και ο κυκλωπας. Τελος!"),
    ("İstanbul'da IŞIK var mı?", "İSTANBUL'DA ışık var mı?", "istanbul'da ışık VAR MI?"),
    ("Привет, МИР! Это — тест №5.", "привет, мир! Это - тест № 5.", "Привет мир, это — тест №5."),
    ("naive cafe\u0301 vs naïve café",
     "naïve café vs naive cafe\u0301", "naïve cafe vs naive café"),
    ("non\u00a0breaking 10\u202f000 spaces\u2003here \u2028 too\u0085now",
     "non breaking 10 000 spaces here too now", "non\u00a0breaking 10\u202f000 spaces here too"),
    ("  leading, trailing   and\tinner   white space  ", "leading, trailing and inner white space",
     " leading , trailing and inner\twhite  space\u00a0"),
    ("Smile 😀😀 and wave 👋🏽!", "Smile 😀 and wave 👋🏽 !", "Wave 👋 and smile 😀😀!"),
    (".,.,.. ,,a.b,c.1,2.3.,4-5--6-a-7",
     ".,.,.. ,,a.b,c.1,2.3.,4-5--6-a-7-", "., a.b,c.1,2.3. 4-5-6"),
    ("<skipped> the line ends in a hy-",
     "the line ends in a hyphen", "<skipped>the line ends in a hy-"),
    ("~tilde~ `back` ^hat^ |pipe| {brace} [bracket] \\slash\\ $5 50% a*b+c=d; @x #y",
     "~tilde~ `back` ^hat^ | pipe | {brace} (bracket) /slash/ $ 5 50 % a*b+c = d; @x #y",
     "tilde back hat pipe {brace} [bracket] \\slash\\ $5 50% a * b + c = d ; @ x # y"),
    ("the the the the the the the", "the cat is on the mat", "the the cat"),
    ("a b c a b c a b c", "a b c a b c", "c b a c b a a b c a"),
    ("O'Neill's 'quoted' rock 'n' roll",
     "O'Neill's \"quoted\" rock'n'roll", "O’Neill’s ‘quoted’ rock ’n’ roll"),
    ("ends with a comma, 5, and 5.", "ends with comma ,5 , and 5 .", "ends with a comma, 5,and 5."),
]

SHORT = [("hello", "hello", "hallo"), ("good day", "good day", "good night"),
         ("一", "一二", "三"), ("x y z", "x y", "y z"), ("", "w", "")]

EMPTY = [("", "something to say", "anything"), ("", "at all.", ""), ("  ", "no", "words")]

NOTHING_SHARED = [("abc def ghi jkl", "mno pqr stu vwx", "yz"), ("123 456", "789 0", "0 0 0 0")]

IDENTICAL = [(line, line, other) for line, _, other in MIXED if len(line.split()) > 3]

WORDS = """the a of and river, house stone-wall light runs: slowly 3.14 1,234 (maybe) "yes"
Zürich été straße naïve don't U.S.A. end. what? stop! 50% & und der die das Haus; 東京 駅 は Ελλάδα
ΤΕΛΟΣ мир Ночь 😀 co-operate --- e.g. 7-8 A/B [1] x_y""".split()


def damaged(words, rng):
    out = []
    for word in words:
        kind = rng.random()
        if kind < 0.08:
            continue
        if kind < 0.16:
            out.append(rng.choice(WORDS))
        elif kind < 0.20:
            out += [word, word]
        elif kind < 0.24:
            out.append(word.upper())
        else:
            out.append(word)
    if len(out) > 3 and rng.random() < 0.4:
        i = rng.randrange(len(out) - 1)
        out[i], out[i + 1] = out[i + 1], out[i]
    return " ".join(out)


def random_corpus(lines):
    rng = random.Random(SEED)
    corpus = []
    for _ in range(lines):
        words = [rng.choice(WORDS) for _ in range(rng.randrange(0, 30))]
        corpus.append((damaged(words, rng), " ".join(words), damaged(words, rng)))
    return corpus


def bleu_entry(hyp, refs, tokenizer, lowercase):
    metric = BLEU(tokenize=tokenizer, lowercase=lowercase, force=True)
    score = metric.corpus_score(hyp, refs)
    sentence = BLEU(tokenize=tokenizer, lowercase=lowercase, force=True, effective_order=True)
    return {
        "metric": "bleu", "references": len(refs), "tokenizer": tokenizer, "lowercase": lowercase,
        "score": score.score, "precisions": score.precisions, "matches": score.counts,
        "totals": score.totals, "brevity_penalty": score.bp, "hypothesis_length": score.sys_len,
        "reference_length": score.ref_len, "signature": str(metric.get_signature()),
        "sentences": [sentence.sentence_score(h, list(r)).score
                      for h, *r in list(zip(hyp, *refs))[:40]],
    }


def chrf_entry(hyp, refs, lowercase):
    metric = CHRF(lowercase=lowercase)
    score = metric.corpus_score(hyp, refs)
    return {
        "metric": "chrf", "references": len(refs), "lowercase": lowercase, "score": score.score,
        "signature": str(metric.get_signature()),
        "sentences": [metric.sentence_score(h, list(r)).score
                      for h, *r in list(zip(hyp, *refs))[:40]],
    }


def write_case(name, corpus):
    columns = [list(column) for column in zip(*corpus)]
    for suffix, lines in zip(("hyp", "ref", "ref2"), columns):
        text = "".join(line + "\n" for line in lines)
        (DIRECTORY / f"{name}.{suffix}").write_bytes(text.encode())
    hyp, all_refs = columns[0], columns[1:]
    results = []
    for refs in (all_refs[:1], all_refs):
        for lowercase in (False, True):
            for tokenizer in ("13a", "char", "none"):
                results.append(bleu_entry(hyp, refs, tokenizer, lowercase))
            results.append(chrf_entry(hyp, refs, lowercase))
    write_json(name, {"generator": f"sacrebleu {sacrebleu.__version__}", "seed": SEED,
                      "results": results})


def write_json(name, content):
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (DIRECTORY / f"{name}.json").write_bytes(text.encode())


def write_lowercase():
    """FNV-1a over the lower case of every code point, as UTF-8: the whole mapping in one number."""
    fnv = 0xCBF29CE484222325
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or code == 0:
            continue
        for byte in chr(code).lower().encode():
            fnv = ((fnv ^ byte) * 0x100000001B3) & (2**64 - 1)
    texts = ["ΣΑΣ Σ ΑΣ. Σ'Σ ΌΣΟΣ ΣΣ 1Σ Α\u0301Σ\u0301 ΑΣ'Α", "İSTANBUL Iı İΣ ß:Σ",
             "ǄǅǆẞßK", "МИР Ѐ Ⴀ Ꭰ 𐐀"]
    write_json("lowercase", {
        "generator": f"Python {sys.version.split()[0]}, Unicode {unicodedata.unidata_version}",
        "all_code_points_fnv1a": f"{fnv:016x}",
        "texts": [[text, text.lower()] for text in texts]})


def main():
    DIRECTORY.mkdir(exist_ok=True)
    write_case("mixed", MIXED)
    write_case("short", SHORT)
    write_case("empty", EMPTY)
    write_case("nothing_shared", NOTHING_SHARED)
    write_case("identical", IDENTICAL)
    write_case("random", random_corpus(200))
    write_lowercase()


if __name__ == "__main__":
    main()
