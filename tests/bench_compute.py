#!/usr/bin/env python3
"""What Plinth takes of a guest that computes: ticks of loops that make no exits, under Plinth and on bare Bochs,
by the same kernel. One access after another all over 1 GiB is made twice, through nested pages of 2 MiB and of
1 GiB. A loop that takes more than 1.002 of what it takes on the machine itself is a failure."""

import os
import re
import subprocess
import sys
from collections import namedtuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from log_check import Log  # noqa: E402
from plinth import PASS, ROOT, boot, engine_missing  # noqa: E402

KERNEL = os.path.join(ROOT, "build/gen/bench.elf")
CLOCK = 50000000
SECONDS = 600
LIMIT = 1.002
# The guest touches little of its first GiB; the second is in one piece, which the host has at 1 GiB.
HOST_MIB, BARE_MIB = 3072, 2048
VM = "vm=compute multiboot memory=2G lazy=1008M@16M pages={pages} -- compute={number}"
# By the largest pages that a run is to have: the kernel's number for it, and how the log calls them.
RUNS = {"2m": (2, "2 MiB"), "1g": (1, "1 GiB")}

TOTAL = re.compile(r"bench path=(\w+) total=(\d+) unit=tsc")
LARGEST = r'memory vm=\d+\(compute\) .*largest_page="([^"]*)"'

Run = namedtuple("Run", "largest totals")


def totals(text):
    """From what the kernel says: ticks by path."""
    return {match[1]: int(match[2]) for match in TOTAL.finditer(text)}


def run_bare(number):
    """The totals on Bochs alone."""
    done = subprocess.run([os.path.join(ROOT, "tools/bare-bochs"), "--entry", "none", "--memory", str(BARE_MIB),
                           "--timeout", str(SECONDS), "--until", "bench ends", f"multiboot {KERNEL} compute={number}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          env=dict(os.environ, BOCHS_IPS=str(CLOCK)))
    return totals(done.stdout.decode("latin-1"))


def run_plinth(pages):
    """The run under Plinth with pages up to that size, and what it told."""
    module = f"{KERNEL} {VM.format(pages=pages, number=RUNS[pages][0])}"
    run = boot("bochs", "--memory", str(HOST_MIB), "--append", "tests=none", "--module", module, cpus=1,
               seconds=SECONDS, ticks=CLOCK)
    log = Log(run.raw)
    largest = log.find(LARGEST)
    return run, Run(largest[1] if largest else None, totals(log.console("compute").decode("latin-1")))


def ratios(plinth, bare):
    """(path, ticks under Plinth, on bare Bochs) of what both measured."""
    return [(path, plinth[path], bare[path]) for path in plinth if bare.get(path)]


def line(path, plinth, bare):
    return f"{path:18} {plinth:9} {bare:9} {plinth / bare:.4f}  (target {LIMIT})"


def main():
    absent = engine_missing("bochs")
    if absent:
        sys.exit(f"bench: {absent}")
    slow = []
    print(f"{'computing':18} {'ticks':>9} {'bare':>9} ratio")
    for pages, (number, name) in RUNS.items():
        run, told = run_plinth(pages)
        rows = ratios(told.totals, run_bare(number))
        if run.status != PASS or told.largest != name or len(rows) != 3:
            sys.exit(f"bench: computing in pages of {name} was not measured\n{run.story()}")
        print("\n".join(line(*row) for row in rows), flush=True)
        slow += [path for path, plinth, bare in rows if plinth > LIMIT * bare]
    if slow:
        sys.exit(f"bench: more than {LIMIT} of bare: {', '.join(slow)}")


if __name__ == "__main__":
    main()
