"""The figures that bench/run has left, as tables.

    python3 bench/report.py FOLDER [--markdown]

FOLDER holds peers.json, variants.json, translate.json and process.json, or some of them. The last table
sets what was asked for beside what was reached.
"""

import argparse
import json
import os

WORKLOADS = ("large", "medium", "small")
# Of the float32 peak, in training.
WANTED_SHARE = {"large": 0.75, "medium": 0.65, "small": 0.60}


def columns(rows, head):
    """Rows of text as lines, aligned: the first column left, the others right."""
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in rows)


def percent(share):
    return f"{share:.0%}"


class Figures:
    def __init__(self, folder):
        def read(name):
            path = os.path.join(folder, name + ".json")
            if not os.path.exists(path):
                return None
            with open(path, encoding="utf-8") as file:
                return json.load(file)

        self.peers, self.variants = read("peers"), read("variants")
        self.translate, self.process = read("translate"), read("process")
        self.of_peers = {r["workload"]: r for r in self.peers["results"]} if self.peers else {}
        self.of_variants = self.variants["results"] if self.variants else {}


def against_pytorch(figures):
    if not figures.peers:
        return None
    rows = []
    for workload, result in figures.of_peers.items():
        for what in ("training", "beam_1", "beam_5"):
            r = result[what]
            rows.append([f"{workload} {what.replace('_', ' ')}",
                         f"{r['atento_tokens_per_second']:.0f}", percent(r["atento_share_of_peak"]),
                         f"{r['pytorch_tokens_per_second']:.0f}",
                         percent(r["pytorch_share_of_peak"]), f"{r['ratio']:.2f}",
                         r["pytorch_kind"]])
    peak = max(r["training"]["atento"]["gemm_peak_gflops"] for r in figures.of_peers.values())
    loss = max(r["loss_difference"] for r in figures.of_peers.values())
    return (f"{figures.peers['threads']} threads, GEMM peak {peak:.0f} GFLOP/s, PyTorch "
            f"{figures.peers['pytorch']}; losses of the same weights differ by {loss:.0e} at most\n" +
            columns(rows, ["", "tokens/s", "of peak", "PyTorch", "of peak", "ratio",
                           "PyTorch runs"]))


def phases(figures):
    if not figures.peers:
        return None
    names, rows = [], []
    for workload, result in figures.of_peers.items():
        training = result["training"]["atento"]
        names = list(training["phases"])
        rows.append([workload, f"{training['ms_per_step']:.1f}",
                     *(f"{training['phases'][name]:.1%}" for name in names),
                     f"{training['allocations_per_step']:.0f}"])
    return columns(rows, ["", "ms/step", *names, "allocations"])


def precisions(figures):
    of_large = figures.of_variants.get("large", {})
    rows = []
    for name in ("sentences", "bfloat16", "int8"):
        if name not in of_large:
            continue
        base, variant = of_large["sentences"], of_large[name]
        row = ["float32" if name == "sentences" else name]
        for what in ("training", "beam_1", "beam_5"):
            if name == "int8" and what == "training":
                row += ["-", "-"]
                continue
            speed = variant[what]["target_tokens_per_second"]
            row += [f"{speed:.0f}", f"{speed / base[what]['target_tokens_per_second']:.2f}"]
        rows.append(row)
    head = ["large", "training", "ratio", "beam 1", "ratio", "beam 5", "ratio"]
    return columns(rows, head) if rows else None


def one_sentence(figures):
    rows = []
    for workload, variants in figures.of_variants.items():
        alone, together = (variants[name]["latency"]["ms"] for name in ("one thread", "sentences"))
        rows.append([workload, f"{alone:.1f}", f"{together:.1f}", f"{alone / together:.2f}"])
    return rows


def threads(figures):
    """Tokens a second in training of both ways to share the work, and in translation."""
    rows = []
    for workload, variants in figures.of_variants.items():
        for name, inside in variants.items():
            if not name.startswith("products"):
                continue
            shared = variants[name.replace("products", "sentences")]
            whole = name == "products"
            for what in ("training", "beam_5") if whole else ("training",):
                a, b = (v[what]["target_tokens_per_second"] for v in (shared, inside))
                text = (f"training, {shared[what]['batch_sentences']} sentences"
                        if what == "training" else "beam 5, 32 sentences")
                rows.append([f"{workload}, {text}", f"{a:.0f}", f"{b:.0f}", f"{a / b:.2f}"])
    if not rows:
        return None
    return (f"{figures.variants['threads']} threads; tokens/s, and how many times faster sentences are\n" +
            columns(rows, ["", "share sentences", "share products", "times"]) + "\n\n" +
            columns(one_sentence(figures), ["one sentence, ms", "one thread", "all threads", "times"]))


def products(figures):
    rows = []
    for workload, result in figures.of_peers.items():
        p = result["products"]
        rows.append([workload, f"{p['rows']} x {p['in']} x {p['out']}",
                     *(f"{p[kind + '_gflops']:.0f}" for kind in ("plain", "packed", "whole"))])
    return columns(rows, ["GFLOP/s", "a step", "plain", "packed", "whole"]) if rows else None


def translation(figures):
    if not figures.translate:
        return None
    t = figures.translate
    rows = []
    for name, system in t["systems"].items():
        rows.append([name, f"{system['seconds']:.2f}", f"{system['ratio']:.2f}",
                     percent(system["share_of_floor"]),
                     "-" if system["bleu"] is None else f"{system['bleu']:.2f}",
                     "-" if name == "PyTorch" else f"{system['model_bytes'] / 1e6:.1f}"])
    own = t["benchmark"]["float32"][f"beam_{t['beam']}"]
    return (f"{t['sentences']} sentences, beam {t['beam']}, {t['threads']} threads, whole command; "
            f"PyTorch {t['pytorch']}, {t['pytorch_kind']}; the same translation of {t['same_translations']} in float32\n" +
            columns(rows, ["", "seconds", "of PyTorch", "of the floor", "BLEU", "MB"]) +
            f"\nin float32 without start-up: {own['seconds']:.2f} s, {own['decoder_steps']} steps of "
            f"hypotheses, {own['gflops']:.0f} of {own['gemm_peak_gflops']:.0f} GFLOP/s, "
            f"{percent(own['share_of_peak'])} of the floor")


def latency(figures):
    found = {workload: r["latency"] for workload, r in figures.of_peers.items()}
    if figures.translate:
        for name, own in figures.translate["benchmark"].items():
            found[f"{name}, trained"] = own["latency"]
    rows = [[name, str(l["source_tokens"]), str(l["target_tokens"]), f"{l['ms']:.1f}",
             f"{l['least_ms']:.1f}", percent(l["share_of_least"]),
             f"{l['parameters_of_step_mb']:.1f}", f"{l['read_gb_per_second']:.1f}"]
            for name, l in found.items()]
    head = ["", "source", "target", "ms", "least ms", "share", "MB a step", "GB/s"]
    return columns(rows, head) if rows else None


def memory(figures):
    lines = [f"training {workload}: {r['training']['atento']['peak_memory_mb']:.0f} MB; parameters x "
             f"16 bytes and a batch's activations: {r['training']['atento']['needed_memory_mb']:.0f} MB"
             for workload, r in figures.of_peers.items()]
    if figures.process:
        lines += [f"translating {m['lines']} lines: {m['peak_memory_mb']:.0f} MB"
                  for m in figures.process["memory"]]
        lines += [f"translate of one sentence, {name}: best {s['best_ms']:.0f} ms, median "
                  f"{s['median_ms']:.0f} ms of {s['runs']}"
                  for name, s in figures.process["start_up"].items()]
    return "\n".join(lines) if lines else None


def wanted_of_peers(figures):
    for workload, r in figures.of_peers.items():
        training = r["training"]
        yield (f"training {workload}, of the float32 peak", training["atento_share_of_peak"], ">=",
               WANTED_SHARE[workload], "%")
        yield f"training {workload}, times PyTorch", training["ratio"], ">=", 2.0, "x"
    if "large" in figures.of_peers:
        training = figures.of_peers["large"]["training"]["atento"]
        yield ("memory of training large, times what it needs",
               training["peak_memory_mb"] / training["needed_memory_mb"], "<=", 1.5, "x")


def wanted_of_translation(figures):
    systems, own = figures.translate["systems"], figures.translate["benchmark"]
    yield ("1000 sentences, beam 5, of the float32 floor",
           own["float32"]["beam_5"]["share_of_peak"], ">=", 0.60, "%")
    yield "float32, times PyTorch", systems["float32"]["ratio"], ">=", 1.7, "x"
    short = systems["quantized, shortlist"]
    yield "int8 with shortlist, times PyTorch", short["ratio"], ">=", 4.0, "x"
    for name, most in (("quantized", 0.3), ("quantized, shortlist", 0.5)):
        yield (f"{name}: BLEU lost", systems["float32"]["bleu"] - systems[name]["bleu"], "<=", most, "")
    yield ("int8, size of float32", short["model_bytes"] / systems["float32"]["model_bytes"], "<=",
           0.27, "%")
    yield ("one sentence, greedily, of what the machine allows",
           own["float32"]["latency"]["share_of_least"], ">=", 0.60, "%")


def wanted(figures):
    checks = list(wanted_of_peers(figures))
    large = figures.of_variants.get("large", {})
    if "bfloat16" in large:
        speeds = [large[name]["training"]["target_tokens_per_second"]
                  for name in ("bfloat16", "sentences")]
        checks.append(("training large in bfloat16, times float32", speeds[0] / speeds[1], ">=", 1.65,
                       "x"))
    if figures.translate and figures.translate["beam"] == 5:
        checks += wanted_of_translation(figures)
    if figures.process:
        memories = {m["lines"]: m["peak_memory_mb"] for m in figures.process["memory"]}
        checks.append(("memory of translating, longest input to 2000 lines",
                       memories[max(memories)] / memories.get(2000, min(memories.values())), "<=", 1.05,
                       "x"))
        checks.append(("translate of one sentence, median ms",
                       figures.process["start_up"]["model"]["median_ms"], "<=", 150, "ms"))
    form = {"%": percent, "x": lambda v: f"{v:.2f}", "": lambda v: f"{v:.2f}",
            "ms": lambda v: f"{v:.0f}"}
    rows = [[name, f"{sign} {form[unit](limit)}", form[unit](value),
             "yes" if (value >= limit if sign == ">=" else value <= limit) else "no"]
            for name, value, sign, limit, unit in checks]
    return columns(rows, ["", "wanted", "found", "reached"]) if rows else None


SECTIONS = (
    ("Against PyTorch, the same batches in the same run", against_pytorch),
    ("Where the time of a training step goes", phases),
    ("Products of bfloat16 and int8", precisions),
    ("What threads share", threads),
    ("Products of recurrent shape", products),
    ("Translating, a trained model of the workload large", translation),
    ("One sentence alone, greedily", latency),
    ("Memory and start-up", memory),
    ("Wanted and found", wanted),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    figures = Figures(options.folder)
    for title, section in SECTIONS:
        text = section(figures)
        if text is None:
            continue
        print(f"\n## {title}\n\n```\n{text}\n```" if options.markdown else f"\n{title}\n{text}")


if __name__ == "__main__":
    main()
