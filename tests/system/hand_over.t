#!/usr/bin/env python3
"""Guests that hand their CPU to each other find their registers as they left them: those that are exchanged at each
switch, those that are only looked at when two guests are not alike, and the debug registers, which a guest
gets when it begins to use them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

KEYS = "multiboot memory=2M cpus=2 vga=off hpet=off i8042=off virtio=off"  # PAUSE exits with more vCPUs than CPUs
RUNS = {
    "alike": ("a same", "b same", "c same"),
    "alike, all components": ("a same extended", "b same extended", "c same extended"),
    "system calls differ": ("a", "b", "c same", "d same"),
    "components differ": ("a same", "b same extended", "c same changes", "d same changes", "e same"),
    "debug registers": ("a same breakpoints", "b same", "c same breakpoints", "d", "e same breakpoints"),
    "all of it": ("a", "b same extended", "c same", "d same breakpoints", "e same changes", "f same breakpoints extended",
                  "g same", "h same"),
}
YIELDS = 900  # of each, at least


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing("keeps")
    if absent:
        report.skip("hand-over", absent)
        report.done()
    for name, guests in RUNS.items():
        modules = [word for guest in guests
                   for word in ("--module", guest_file(f"keeps vm={guest[0]} {KEYS} -- {guest}"))]
        run = boot("bochs", "--append", "tests=none", *modules, cpus=1)
        expect(report, run, name, PASS)
        for guest in guests:
            report.ok(run.log.console(guest[0]) == b"PASS keeps: every register\nall passed\n",
                      f"{name}: {guest}", run.log.console(guest[0]))
            match = run.log.find(rf"exits vm=\d+\({guest[0]}\) .*pause=(\d+)")
            report.ok(match and int(match[1]) >= YIELDS, f"{name}: {guest} gave its turn away", match and match[0])
    report.done()


if __name__ == "__main__":
    main()
