"""The same sentences, translated by Atento and by PyTorch with the same weights, in turns.

    ATENTO=build/release/src/cli/atento python3 bench/peers/translate.py MODEL INPUT
        [--reference FILE] [--quantized MODEL] [--shortlist FILE] [--beam N] [--rounds N]

MODEL has the architecture of a workload of benchmark.py, with SentencePiece on both sides. Atento's time is
that of the whole command, start and reading the model included; PyTorch's that of translating, its
sentences sorted by length and searched 64 at a time. The best round of each counts. BLEU is of tokens as
they stand.
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
    def __init__(self, folder, beam):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.beam = beam
        self.source, self.target = self.tokenizers(folder, config["text"]["joint-vocabulary"])
        self.model = Seq2Seq(config["model"]).eval()
        load(self.model, os.path.join(folder, "model.safetensors"))

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


def bleu(hypothesis, reference):
    out = subprocess.run([ATENTO, "evaluate", "--hypothesis", hypothesis, "--reference", reference,
                          "--metrics", "bleu", "--bleu-tokenizer", "none", "--json"],
                         check=True, text=True, capture_output=True).stdout
    return json.loads(out)[0]["value"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("input")
    parser.add_argument("--reference")
    parser.add_argument("--quantized")
    parser.add_argument("--shortlist")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    flags = ["--beam", str(options.beam), "--threads", str(options.threads)]
    systems = {"float32": (options.model, flags)}
    if options.shortlist:
        short = flags + ["--shortlist", options.shortlist]
        systems["float32, shortlist"] = (options.model, short)
    if options.quantized:
        systems["quantized"] = (options.quantized, flags)
        if options.shortlist:
            systems["quantized, shortlist"] = (options.quantized, short)
    with open(options.input, encoding="utf-8") as file:
        lines = file.read().splitlines()
    peer = Torch(options.model, options.beam)
    peer.translate(lines[:BATCH])
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        best = dict.fromkeys([*systems, "PyTorch"], math.inf)
        for _ in range(options.rounds):
            for name, (model, given) in systems.items():
                seconds = atento_translate(model, options.input, path(name), given)
                best[name] = min(best[name], seconds)
            begin = time.perf_counter()
            translations = peer.translate(lines)
            best["PyTorch"] = min(best["PyTorch"], time.perf_counter() - begin)
        with open(path("PyTorch"), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in translations)
        with open(path("float32"), encoding="utf-8") as file:
            alike = sum(ours == theirs for ours, theirs in zip(file.read().splitlines(), translations))
        print(f"{len(lines)} sentences, beam {options.beam}, {options.threads} threads; PyTorch "
              f"{torch.__version__}; the same translation of {alike} in float32")
        print(f"{'':20} {'seconds':>8} {'of PyTorch':>11} {'BLEU':>6}")
        for name, seconds in best.items():
            quality = f"{bleu(path(name), options.reference):6.2f}" if options.reference else ""
            print(f"{name:20} {seconds:8.2f} {best['PyTorch'] / seconds:10.2f}x {quality}")


if __name__ == "__main__":
    main()
