"""`atento translate` as a process: how long one sentence takes with everything, and how much memory a
long input does.

    ATENTO=build/release/src/cli/atento python3 bench/process.py FOLDER [--runs N]

FOLDER is one of bench/model. Start-up: one sentence, greedily, the model in the page cache. Memory: the
peak of the resident size, as the system counts it, for inputs of more and more lines, greedily.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

ATENTO = os.environ["ATENTO"]


def start_up(model, sentence, runs):
    command = [ATENTO, "translate", "--model", model, "--beam", "1"]
    milliseconds = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        subprocess.run(command, input=sentence, text=True, check=True, capture_output=True)
        milliseconds.append(1000 * (time.perf_counter() - begin))
    # The first one may have read from the disk.
    return {"runs": runs, "best_ms": min(milliseconds[1:]),
            "median_ms": statistics.median(milliseconds[1:])}


def peak_memory(model, lines, folder):
    path = os.path.join(folder, "input")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    process = subprocess.Popen([ATENTO, "translate", "--model", model, "--beam", "1", "--input", path,
                                "--output", os.path.join(folder, "output")],
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"atento translate failed on {len(lines)} lines")
    return {"lines": len(lines), "peak_memory_mb": usage.ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--lines", type=int, nargs="+", default=[1000, 2000, 20000])
    options = parser.parse_args()
    path = lambda name: os.path.join(options.folder, name)
    with open(path("test.source"), encoding="utf-8") as file:
        text = file.readlines()
    result = {name: start_up(path(name), text[0], options.runs) for name in ("model", "model-int8")}
    with tempfile.TemporaryDirectory() as folder:
        memory = [peak_memory(path("model"), [text[i % len(text)] for i in range(count)], folder)
                  for count in options.lines]
    print(json.dumps({"start_up": result, "memory": memory}, indent=2))


if __name__ == "__main__":
    main()
