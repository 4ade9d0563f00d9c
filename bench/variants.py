"""Atento against itself, in turns, in one run: precisions of the products, and the other way of sharing
the work among threads, for several sizes of batches.

    ATENTO=build/release/src/cli/atento python3 bench/variants.py [--workload NAME] [--seconds X]

Of several rounds the best of each measurement counts.
"""

import argparse
import json
import os
import subprocess

ATENTO = os.environ["ATENTO"]
SMALL_BATCHES = (4, 16)


def variants(workload, threads):
    """Name → flags. Products of less precision where they are said to pay: in the large workload."""
    flags = {"sentences": [], "one thread": ["--threads", "1"]}
    if workload == "large":
        flags |= {"bfloat16": ["--precision", "bfloat16"], "int8": ["--precision", "int8"]}
    flags["products"] = ["--split", "products"]
    for batch in SMALL_BATCHES:
        for split in ("sentences", "products"):
            flags[f"{split}, {batch}"] = ["--split", split, "--batch-sentences", str(batch)]
    return {name: own if name == "one thread" else [*own, "--threads", str(threads)]
            for name, own in flags.items()}


def measure(workload, flags, options):
    """None if this CPU has no such products."""
    run = subprocess.run([ATENTO, "benchmark", "--workload", workload, "--json", "--seconds",
                          str(options.seconds), *flags],
                         text=True, capture_output=True)
    if run.returncode == 2 and "--precision" in flags:
        return None
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout)["workloads"][0]


def keep_best(best, figures):
    for what, value in figures.items():
        if what in ("workload", "products"):
            continue
        faster = (lambda a, b: a["ms"] < b["ms"]) if what == "latency" else (
            lambda a, b: a["target_tokens_per_second"] > b["target_tokens_per_second"])
        if what not in best or faster(value, best[what]):
            best[what] = value


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", action="append", choices=["large", "medium", "small"])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    results = {}
    for workload in options.workload or ["large", "medium", "small"]:
        results[workload] = {}
        for _ in range(options.rounds):
            for name, flags in variants(workload, options.threads).items():
                figures = measure(workload, flags, options)
                if figures:
                    keep_best(results[workload].setdefault(name, {}), figures)
    print(json.dumps({"threads": options.threads, "results": results}, indent=2))


if __name__ == "__main__":
    main()
