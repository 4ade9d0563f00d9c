"""The same sentences, translated by Atento and by PyTorch with the same weights, in turns.

    ATENTO=build/release/src/cli/atento python3 bench/peers/translate.py MODEL INPUT
        [--reference FILE] [--quantized MODEL] [--shortlist FILE] [--beam N] [--rounds N] [--json]

MODEL has the architecture of a workload of benchmark.py, with SentencePiece on both sides. Atento's time is
that of the whole command, start and reading the model included; PyTorch's that of translating, its
sentences sorted by length and searched 64 at a time, as it is and with torch.compile of the decoder's
step, the faster one of which is reported. The best round of each counts. BLEU is of tokens as
they stand. The floor is the time that the matrix products of the steps that the search took, in float32
and over the whole vocabulary, need at the peak that `atento benchmark` measures in the same run.
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
import time

import sentencepiece
import torch

from beam_search import END, beam_search
from seq2seq import Seq2Seq, load

ATENTO = os.environ["ATENTO"]
BATCH = 64


class Torch:
    def __init__(self, folder, beam, compiled):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.beam = beam
        self.source, self.target = self.tokenizers(folder, config["text"]["joint-vocabulary"])
        self.model = Seq2Seq(config["model"]).eval()
        load(self.model, os.path.join(folder, "model.safetensors"))
        if compiled:
            # Of any number of rows: hypotheses leave.
            self.model.decoder.step = torch.compile(self.model.decoder.step, dynamic=True)

    @staticmethod
    def tokenizers(folder, joint):
        names = ("source", "source" if joint else "target")
        return [sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, f"{name}.spm"))
                for name in names]

    def translate(self, lines):
        ids = self.source.encode(lines)
        order = sorted(range(len(lines)), key=lambda i: -len(ids[i]))
        translations = [""] * len(lines)
        for begin in range(0, len(order), BATCH):
            batch = order[begin:begin + BATCH]
            longest = len(ids[batch[0]])
            source = torch.full((longest + 1, len(batch)), END)
            for column, i in enumerate(batch):
                source[:len(ids[i]), column] = torch.tensor(ids[i], dtype=torch.long)
            lengths = torch.tensor([len(ids[i]) + 1 for i in batch])
            # The limits of atento translate, and </s>.
            limits = 2 * (lengths - 1) + 11
            found = beam_search(self.model, source, lengths, self.beam, limits)
            for i, words in zip(batch, found):
                translations[i] = self.target.decode(words)
        return translations


def atento_translate(model, source, output, flags):
    begin = time.perf_counter()
    subprocess.run([ATENTO, "translate", "--model", model, "--input", source, "--output", output, *flags],
                   check=True)
    return time.perf_counter() - begin


def atento_benchmark(model, source, threads):
    out = subprocess.run([ATENTO, "benchmark", "--model", model, "--input", source, "--threads",
                          str(threads), "--seconds", "3", "--json"],
                         check=True, text=True, capture_output=True).stdout
    return json.loads(out)["workloads"][0]


def keep_best(best, figures):
    for what in ("beam_1", "beam_5"):
        if what not in best or figures[what]["seconds"] < best[what]["seconds"]:
            best[what] = figures[what]
    if "latency" not in best or figures["latency"]["ms"] < best["latency"]["ms"]:
        best["latency"] = figures["latency"]


def least_seconds(decoding):
    """Of the float32 products at the peak."""
    return decoding["share_of_peak"] * decoding["seconds"]


def bleu(hypothesis, reference):
    out = subprocess.run([ATENTO, "evaluate", "--hypothesis", hypothesis, "--reference", reference,
                          "--metrics", "bleu", "--bleu-tokenizer", "none", "--json"],
                         check=True, text=True, capture_output=True).stdout
    return json.loads(out)[0]["value"]


def table(result):
    lines = [f"{result['sentences']} sentences, beam {result['beam']}, {result['threads']} threads; "
             f"PyTorch {result['pytorch']}, {result['pytorch_kind']}; the same translation of {result['same_translations']} in "
             "float32",
             f"{'':20} {'seconds':>8} {'of PyTorch':>11} {'of floor':>9} {'BLEU':>6} {'MB':>7}"]
    for name, system in result["systems"].items():
        quality = "" if system["bleu"] is None else f"{system['bleu']:.2f}"
        lines.append(f"{name:20} {system['seconds']:8.2f} {system['ratio']:10.2f}x "
                     f"{system['share_of_floor']:9.0%} {quality:>6} "
                     f"{system['model_bytes'] / 1e6:7.1f}")
    return "\n".join(lines)


def systems_of(options):
    """Name → model and flags of atento translate."""
    flags = ["--beam", str(options.beam), "--threads", str(options.threads)]
    systems = {"float32": (options.model, flags),
               "float32, one at a time": (options.model, flags + ["--batch-sentences", "1"])}
    if options.quantized:
        systems["quantized"] = (options.quantized, flags)
    if options.shortlist:
        for name, model in (("float32", options.model), ("quantized", options.quantized)):
            if model:
                systems[f"{name}, shortlist"] = (model, flags + ["--shortlist", options.shortlist])
    return systems


def run_peers(peers, lines, best):
    """The translations of the last one; best keeps the time of the fastest."""
    for kind, peer in peers.items():
        begin = time.perf_counter()
        translations = peer.translate(lines)
        seconds = time.perf_counter() - begin
        if seconds < best["PyTorch"]:
            best["PyTorch"], best["kind"] = seconds, kind
    return translations


def measure(options, lines, folder):
    path = lambda name: os.path.join(folder, name)
    systems = systems_of(options)
    peers = {kind: Torch(options.model, options.beam, kind == "compiled")
             for kind in ("eager", "compiled")}
    for peer in peers.values():
        peer.translate(lines[:BATCH])
    best = dict.fromkeys([*systems, "PyTorch"], math.inf)
    own = {}
    for _ in range(options.rounds):
        for name, (model, flags) in systems.items():
            seconds = atento_translate(model, options.input, path(name), flags)
            best[name] = min(best[name], seconds)
        translations = run_peers(peers, lines, best)
        for name, (model, _) in systems.items():
            if name in ("float32", "quantized"):
                figures = atento_benchmark(model, options.input, options.threads)
                keep_best(own.setdefault(name, {}), figures)
    with open(path("PyTorch"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in translations)
    with open(path("float32"), encoding="utf-8") as file:
        alike = sum(ours == theirs for ours, theirs in zip(file.read().splitlines(), translations))
    result = {"sentences": len(lines), "beam": options.beam, "threads": options.threads,
              "pytorch": torch.__version__, "pytorch_kind": best.pop("kind"),
              "same_translations": alike, "benchmark": own, "systems": {}}
    floor = least_seconds(own["float32"][f"beam_{options.beam}"])
    for name, seconds in best.items():
        model = systems.get(name, (options.model,))[0]
        result["systems"][name] = {
            "seconds": seconds,
            "ratio": best["PyTorch"] / seconds,
            "share_of_floor": floor / seconds,
            "model_bytes": os.path.getsize(os.path.join(model, "model.safetensors")),
            "bleu": bleu(path(name), options.reference) if options.reference else None,
        }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("--reference")
    parser.add_argument("--quantized")
    parser.add_argument("--shortlist")
    parser.add_argument("--beam", type=int, choices=(1, 5), default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.input, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options, lines, folder)
    print(json.dumps(result, indent=2) if options.json else table(result))


if __name__ == "__main__":
    main()
