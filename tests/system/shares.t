#!/usr/bin/env python3
"""Guests that share a CPU have equal shares of it, whatever they do with theirs: what Plinth does on a guest's behalf is
that guest's time. Who computes beside one that only polls a port has as much as if the other computed, too; and
who halts or yields gets no more for it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

KEYS = "multiboot memory=2M vga=off hpet=off i8042=off virtio=off testdev=on deadline=20"
# What each does (tests/guest/kernels/shares.c), and what it gets at least, in percent.
RUNS = [
    ("both compute", ["", ""], 48),
    ("one polls", ["polls open", ""], 48),
    ("one polls, interrupts off", ["polls", ""], 45),
    ("one asks who the CPU is, interrupts off", ["identifies", ""], 45),
    ("both poll", ["polls", "polls open"], 45),
    ("one polls and halts", ["polls halts", ""], 45),
    ("one polls and yields", ["polls yields", ""], 45),
    ("two of three poll", ["polls open", "", "polls"], 30),
]


def share_out(report, name, words, least):
    """Boots one of it for each of these words, and looks what each one's turns took."""
    names = [f"v{i}" for i in range(len(words))]
    modules = [word for vm, given in zip(names, words)
               for word in ("--module", guest_file(f"shares vm={vm} {KEYS} -- {given}"))]
    run = boot("bochs", "--append", "tests=none", *modules, cpus=1)
    expect(report, run, name, PASS)
    turns = []
    for vm in names:
        match = run.log.find(rf"ended vm=\d+\({vm}\) guest_us=\d+ turns_us=(\d+)")
        turns.append(int(match[1]) if match else 0)
    total = sum(turns) or 1
    for given, took in zip(words, turns):
        report.ok(took * 100 >= least * total, f"{name}: {given or 'computes'} has its share",
                  f"{took} us of {total}, and not {least} %\n{run.story()}")


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing("shares")
    if absent:
        report.skip("shares", absent)
        report.done()
    for name, words, least in RUNS:
        share_out(report, name, words, least)
    report.done()


if __name__ == "__main__":
    main()
