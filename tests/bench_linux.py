#!/usr/bin/env python3
"""What Plinth costs a Linux guest that boots: ticks from the kernel's entry to its first process, beside the
same on Bochs without Plinth, and the exits on the way by reason. With one CPU, and with two of which each has one
of the VM's two vCPUs; needs `make guests`."""

import os
import re
import subprocess
import sys
from collections import namedtuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from linux_guest import SHORT, linux, linux_missing  # noqa: E402
from log_check import Log  # noqa: E402
from plinth import PASS, ROOT, boot, engine_missing, guest_file  # noqa: E402

CLOCK = 50000000
SECONDS = 900
# Bochs' CPUID tells of a time-stamp counter of 3.5 GHz. A system that believes it has eight times as many timer
# interrupts, and the comparison would be with that.
LINE = f"{SHORT} tsc_early_khz={CLOCK // 1000}"
CPUS = {1: "one CPU", 2: "two CPUs"}
RATIO_TARGET, EXITS_TARGET, SHOWN = 1.03, 20000, 10

INIT = re.compile(r"plinth-guest: init .* TSC=(\d+)")
START = r"info boot: guests may run tsc=(\d+) "
ENTRY = re.compile(r"ticks at the entry: (\d+)")
TOTAL = re.compile(r"stats \| vcpu \d+: (\d+) exits.*")
# Of a reason: its number and name or `others`, how often, and the sum of costs in microseconds.
REASON = re.compile(r"stats \| (\d+\([A-Z0-9_]+\)|others) +(\d+) .* (\d+)")

Boot = namedtuple("Boot", "ticks exits reasons")


def under_plinth(data):
    """From a log's bytes; None when it does not tell."""
    log = Log(data)
    init = INIT.search(log.console("linux").decode("latin-1"))
    start = log.find(START)
    bodies = [entry.text.partition("] ")[2] for entry in log.entries if entry.kind == "stats"]
    totals = [int(match[1]) for match in map(TOTAL.fullmatch, bodies) if match]
    if not (init and start and totals):
        return None
    found = [match.groups() for match in map(REASON.fullmatch, bodies) if match]
    reasons = sorted(((name, int(count), int(us)) for name, count, us in found), key=lambda r: -r[1])
    return Boot(int(init[1]) - int(start[1]), sum(totals), reasons)


def bare(said, told):
    """Ticks on Bochs alone, from what the guest said and what tools/bare-bochs told; None without."""
    init, entry = INIT.search(said), ENTRY.search(told)
    return int(init[1]) - int(entry[1]) if init and entry else None


def lines(boot_, bare_ticks, cpus):
    """What is printed."""
    shown = [f"Linux, {CPUS[cpus]}: {boot_.ticks} ticks from entry to init under Plinth, {bare_ticks} on bare Bochs: "
             f"{boot_.ticks / bare_ticks:.3f} (target {RATIO_TARGET})",
             f"{boot_.exits} exits until power-off (target {EXITS_TARGET}); by reason:"]
    return shown + [f"  {name:24} {count:7} {us:9} us" for name, count, us in boot_.reasons[:SHOWN]]


def run_bare(cpus):
    tool = os.path.join(ROOT, "tools/bare-bochs")
    done = subprocess.run([tool, "--cpus", str(cpus), "--timeout", str(SECONDS), "--until", "plinth-guest: done",
                           f"linux {guest_file('linux-cloud')} {LINE} plinth.run=true",
                           f"initrd {guest_file('initramfs-cloud')}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          env=dict(os.environ, BOCHS_IPS=str(CLOCK)))
    told = done.stderr.decode("latin-1")
    ticks = bare(done.stdout.decode("latin-1"), told)
    return ticks or sys.exit(f"bench: Linux on bare Bochs does not come up\n{told}")


def run_plinth(cpus):
    run = boot("bochs", "--append", "tests=none", *linux("linux", keys=f"cpus={cpus}", line=LINE, run="true"),
               cpus=cpus, seconds=SECONDS, ticks=CLOCK)
    told = under_plinth(run.raw)
    if run.status != PASS or not told:
        sys.exit(f"bench: Linux under Plinth does not come up\n{run.story()}")
    return told


def main():
    absent = engine_missing("bochs") or linux_missing()
    if absent:
        sys.exit(f"bench: {absent}")
    for cpus in CPUS:
        print("\n".join(lines(run_plinth(cpus), run_bare(cpus), cpus)), flush=True)


if __name__ == "__main__":
    main()
