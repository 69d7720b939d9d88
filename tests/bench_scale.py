#!/usr/bin/env python3
"""What an exit and a switch cost with 1, 10, 100 and 1000 VMs of one vCPU each on one CPU: all take turns, and one
of them measures. Figures more than 5 % apart are a failure. A thousand need a machine of 4 GiB."""

import re
import sys
import os

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from log_check import Log  # noqa: E402
from plinth import PASS, boot, engine_missing, guest_file, guests_missing  # noqa: E402

FILES = ("scale_probe.bin", "scale_load.bin")
COUNTS = (1, 10, 100, 1000)
MANY_MIB, FEW_MIB, MANY = 4096, 1024, 1000
CLOCK = 50000000
SECONDS = 900
SLACK = 1.05
# As in tests/guest/scale.inc.
EXITS, ROUNDS = 64, 8
KEYS = ("flat entry=32 address=0x10000 memory=1M acpi=off vga=off hpet=off i8042=off virtio=off apic=xapic")

MEASURED = re.compile(r"bench path=scale exits=0x(\w+) rounds=0x(\w+) unit=tsc")


def modules(count):
    """The VMs of a run. PAUSE ends a turn where there are more vCPUs than CPUs: the probe's second sleeps."""
    chosen = ["--module", guest_file(f"scale_probe.bin vm=probe {KEYS} cpus=2")]
    if count > 1:
        chosen += ["--module", guest_file(f"scale_load.bin vm=load {KEYS} com=none copies={count - 1}")]
    return chosen


def figures(data, count):
    """From a log's bytes: ticks of an exit and of a switch; None when nothing was measured. With one vCPU there
    is nobody to switch to."""
    match = MEASURED.search(Log(data).console("probe").decode("latin-1"))
    if not match:
        return None
    exits, rounds = int(match[1], 16), int(match[2], 16)
    return exits / EXITS, rounds / (ROUNDS * count) if count > 1 else None


def run(count):
    return boot("bochs", "--memory", str(MANY_MIB if count >= MANY else FEW_MIB), "--append",
                "tests=none log=error stats=off", *modules(count), cpus=1, seconds=SECONDS, ticks=CLOCK)


def apart(values):
    """How far the largest is above the least; 1: they are alike."""
    there = [value for value in values if value]
    return max(there) / min(there)


def line(count, exit_ticks, switch_ticks):
    return f"bench path=scale vcpus={count} exit={exit_ticks:.1f} switch=" + \
        (f"{switch_ticks:.1f}" if switch_ticks else "-")


def main():
    absent = engine_missing("bochs") or guests_missing(*FILES)
    if absent:
        sys.exit(f"bench: {absent}")
    found = []
    for count in COUNTS:
        done = run(count)
        told = figures(done.raw, count)
        if done.status != PASS or not told:
            sys.exit(f"bench: {count} VMs were not measured\n{done.story()}")
        found.append(told)
        print(line(count, *told), flush=True)
    for name, values in zip(("an exit", "a switch"), zip(*found)):
        print(f"bench: {name} costs {apart(values):.3f} times as much at most as at least (limit {SLACK})")
        if apart(values) > SLACK:
            sys.exit(f"bench: {name} depends on how many VMs there are")


if __name__ == "__main__":
    main()
