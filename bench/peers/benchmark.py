"""Atento and PyTorch on the same workloads, in turns, in one run.

    ATENTO=build/release/src/cli/atento python3 bench/peers/benchmark.py [--workload NAME] [--json]

First both compute the loss of the same sentences with the same weights, which must agree. Then each
trains and decodes for some seconds, several rounds in turn, and the best round of each counts.
PyTorch runs as it is and with torch.compile of the decoder's step; the faster one is reported. Shares
of the peak count the arithmetic that the workload needs, the same for both.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time

import torch

from beam_search import beam_search
from seq2seq import Seq2Seq, load

ATENTO = os.environ["ATENTO"]
END = 1
LOSS_TOLERANCE = 1e-5

LARGE = {
    "cell": "lstm", "embedding-size": 512, "encoder-direction": "bidirectional",
    "encoder-layers": 2, "encoder-size": 256, "decoder-layers": 2, "decoder-size": 512,
    "attention": "general", "attend": "after", "input-feeding": True, "readout": "tanh",
    "readout-size": 512, "start": "copy",
}
MEDIUM = {
    "cell": "gru", "embedding-size": 256, "encoder-direction": "bidirectional",
    "encoder-layers": 1, "encoder-size": 256, "decoder-layers": 1, "decoder-size": 256,
    "attention": "additive", "attention-size": 256, "attend": "between", "readout": "tanh",
    "readout-size": 256, "start": "mean",
}
# Model, vocabulary, sentences of a batch, tokens of a sentence with its </s>.
WORKLOADS = {
    "large": (LARGE, 8000, 64, 20),
    "medium": (MEDIUM, 8000, 64, 20),
    "small": (MEDIUM, 100, 128, 12),
}


def random_ids(generator, vocabulary, sentences, tokens):
    return [[generator.randrange(2, vocabulary) for _ in range(tokens - 1)]
            for _ in range(sentences)]


class Workload:
    def __init__(self, name):
        self.name = name
        model, self.vocabulary, self.sentences, self.tokens = WORKLOADS[name]
        self.config = dict(model)
        self.config["source-vocabulary"] = self.config["target-vocabulary"] = self.vocabulary

    def flags(self):
        flags = ["--source-tokenizer", "symbols", "--target-tokenizer", "symbols"]
        for key, value in self.config.items():
            if key.endswith("-vocabulary"):
                continue
            flags += ["--" + key] if value is True else ["--" + key, str(value)]
        return flags

    def batch(self, generator):
        """source, lengths, target_input, target_output, time first."""
        source, target = (random_ids(generator, self.vocabulary, self.sentences, self.tokens)
                          for _ in range(2))
        return tensors(source, target)


def tensors(source, target):
    source = torch.tensor([ids + [END] for ids in source]).T.contiguous()
    target_input = torch.tensor([[END] + ids for ids in target]).T.contiguous()
    target_output = torch.tensor([ids + [END] for ids in target]).T.contiguous()
    lengths = torch.full((source.shape[1],), source.shape[0])
    return source, lengths, target_input, target_output


def check_loss(workload):
    """-ln p of a batch by both, with the weights of a model that Atento has made."""
    generator = random.Random(1)
    source, target = (random_ids(generator, workload.vocabulary, workload.sentences,
                                 workload.tokens) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)

        def write(name, sentences):
            with open(path(name), "w", encoding="utf-8") as file:
                file.writelines(" ".join(f"w{i}" for i in ids) + "\n" for ids in sentences)

        # Every symbol occurs; symbols are numbered by how often and then when.
        everything = [[i] for i in range(2, workload.vocabulary)]
        write("train", everything)
        write("source", source)
        write("target", target)
        run = lambda *arguments: subprocess.run([ATENTO, *arguments], check=True, text=True,
                                                capture_output=True).stdout
        run("train", "--train", path("train"), path("train"), "--dev", path("source"),
            path("target"), "--model", path("model"), "--max-steps", "1", *workload.flags(),
            "--validation-metrics=")
        summary = run("score", "--model", path("model"), "--source", path("source"), "--target",
                      path("target"), "--summary")
        atento = -float(dict(line.split("\t") for line in summary.splitlines())["log-probability"])

        def numbers(side):
            with open(path(f"model/{side}.vocab"), encoding="utf-8") as file:
                return {symbol: i for i, symbol in enumerate(file.read().split("\n"))}

        ids = [numbers("source"), numbers("target")]
        renumber = lambda sentences, side: [[ids[side][f"w{i}"] for i in s] for s in sentences]
        model = Seq2Seq(workload.config)
        load(model, path("model/model.safetensors"))
        with torch.inference_mode():
            loss = model.loss(*tensors(renumber(source, 0), renumber(target, 1)), 0.0, "sum")
    difference = abs(loss.item() - atento) / atento
    if difference > LOSS_TOLERANCE:
        raise SystemExit(f"{workload.name}: PyTorch's loss is {loss.item()}, Atento's {atento}")
    return difference


class TorchTraining:
    def __init__(self, workload, compiled):
        torch.manual_seed(1)
        self.workload = workload
        self.model = Seq2Seq(workload.config)
        if compiled:
            self.model.decoder.step = torch.compile(self.model.decoder.step)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001, fused=True)
        generator = random.Random(2)
        self.batches = [workload.batch(generator) for _ in range(8)]
        self.done = 0
        for _ in range(3):
            self.step()

    def step(self):
        batch = self.batches[self.done % len(self.batches)]
        self.done += 1
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.model.loss(*batch, label_smoothing=0.1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def tokens_per_second(self, seconds):
        steps, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            self.step()
            steps += 1
        tokens = steps * self.workload.sentences * self.workload.tokens
        return tokens / (time.perf_counter() - begin)


class TorchDecoding:
    # Sentences at once: what is fastest here for both widths.
    BATCH = {1: 128, 5: 64}

    def __init__(self, workload, beam, compiled):
        torch.manual_seed(1)
        self.workload, self.beam = workload, beam
        self.model = Seq2Seq(workload.config).eval()
        with torch.no_grad():
            self.model.decoder.output.bias[END] = -100
        if compiled:
            self.model.decoder.step = torch.compile(self.model.decoder.step)
        generator = random.Random(3)
        source = random_ids(generator, workload.vocabulary, self.BATCH[beam], workload.tokens)
        self.source, self.lengths, _, _ = tensors(source, source)
        self.limits = torch.full_like(self.lengths, workload.tokens)
        self.step()

    def step(self):
        beam_search(self.model, self.source, self.lengths, self.beam, self.limits)

    def tokens_per_second(self, seconds):
        batches, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            self.step()
            batches += 1
        tokens = batches * self.BATCH[self.beam] * self.workload.tokens
        return tokens / (time.perf_counter() - begin)


def atento_figures(workload, seconds, threads):
    out = subprocess.run([ATENTO, "benchmark", "--workload", workload.name, "--seconds",
                          str(seconds), "--threads", str(threads), "--json"],
                         check=True, text=True, capture_output=True).stdout
    return json.loads(out)["workloads"][0]


MEASUREMENTS = {
    "training": TorchTraining,
    "beam_1": lambda workload, compiled: TorchDecoding(workload, 1, compiled),
    "beam_5": lambda workload, compiled: TorchDecoding(workload, 5, compiled),
}


def compare(name, seconds, rounds, threads):
    workload = Workload(name)
    result = {"workload": name, "loss_difference": check_loss(workload)}
    torch_runs = {(what, kind): make(workload, kind == "compiled")
                  for what, make in MEASUREMENTS.items() for kind in ("eager", "compiled")}
    ours, theirs = [], {run: 0 for run in torch_runs}
    for _ in range(rounds):
        ours.append(atento_figures(workload, seconds, threads))
        for run, measurement in torch_runs.items():
            theirs[run] = max(theirs[run], measurement.tokens_per_second(seconds))
    # The best of all rounds of either kind: other programs make a round slow, nothing makes it fast.
    peak = max(figures[what]["gemm_peak_gflops"] for figures in ours for what in MEASUREMENTS)
    for what in MEASUREMENTS:
        best = max((figures[what] for figures in ours),
                   key=lambda figures: figures["target_tokens_per_second"])
        best |= {"gemm_peak_gflops": peak, "share_of_peak": best["gflops"] / peak}
        speed = best["target_tokens_per_second"]
        kind = max(("eager", "compiled"), key=lambda kind: theirs[what, kind])
        torch_speed = theirs[what, kind]
        result[what] = {
            "atento_tokens_per_second": speed,
            "atento_share_of_peak": best["share_of_peak"],
            "pytorch_tokens_per_second": torch_speed,
            "pytorch_share_of_peak": best["share_of_peak"] * torch_speed / speed,
            "pytorch_kind": kind,
            "ratio": speed / torch_speed,
            "atento": best,
        }
    result["products"] = max((figures["products"] for figures in ours),
                             key=lambda products: products["packed_gflops"])
    result["latency"] = min((figures["latency"] for figures in ours), key=lambda l: l["ms"])
    return result


def table(results):
    lines = [f"{'':16} {'atento':>9} {'of peak':>8} {'PyTorch':>9} {'of peak':>8} {'ratio':>6}"
             "   PyTorch runs"]
    for result in results:
        for what in MEASUREMENTS:
            r = result[what]
            lines.append(
                f"{result['workload'] + ' ' + what.replace('_', ' '):16} "
                f"{r['atento_tokens_per_second']:9.0f} {r['atento_share_of_peak']:8.0%} "
                f"{r['pytorch_tokens_per_second']:9.0f} {r['pytorch_share_of_peak']:8.0%} "
                f"{r['ratio']:6.2f}   {r['pytorch_kind']}")
    losses = ", ".join(f"{r['workload']} {r['loss_difference']:.1e}" for r in results)
    lines.append(f"target tokens per second; relative difference of the losses: {losses}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS))
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    results = [compare(name, options.seconds, options.rounds, options.threads)
               for name in options.workload or WORKLOADS]
    print(json.dumps({"pytorch": torch.__version__, "threads": options.threads,
                      "results": results}, indent=2) if options.json else
          f"PyTorch {torch.__version__}, {options.threads} threads\n{table(results)}")


if __name__ == "__main__":
    main()
