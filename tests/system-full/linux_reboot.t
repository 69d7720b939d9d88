#!/usr/bin/env python3
"""A Linux guest reboots: in each of the ways that the kernel knows, and then boots again."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import SHORT, linux, linux_missing  # noqa: E402
from plinth import PASS, Machine, Report, boot, engine_missing, expect  # noqa: E402

SECONDS = 1200

# The kernel's reboot= and what Plinth says of the reset that follows. ACPI's reset register is the
# reset control register too, and the BIOS uses that one after INIT (k) and a jump to its start (b).
WAYS = [("k", "reset control register"), ("t", "triple fault"), ("a", "reset control register"),
        ("p", "reset control register"), ("b", "reset control register")]


def each_way(report):
    name = "reboot= k, t, a, p, b"
    modules = [word for way, _ in WAYS
               for word in linux(way, "reset=stop", f"{SHORT} reboot={way}", "reboot -f")]
    run = boot("bochs", "--append", "tests=none", "--memory", "1536", *modules, cpus=2,
               seconds=SECONDS)
    expect(report, run, name, PASS)
    for way, words in WAYS:
        report.ok(run.log.find(rf"guest: vm=\d+\({way}\) resets: {words}$"),
                  f"reboot={way}: {words}", run.story())
        result = run.log.result(f"vm/{way}")
        report.ok(result and result.ok, f"reboot={way}: with reset=stop that ends the VM in order",
                  run.story())


def again(report):
    """By itself, then from Plinth's shell: three boots to the prompt."""
    name = "boots again"
    with Machine("bochs", "--append", "tests=none", "--memory", "512", *linux("web"), cpus=1,
                 seconds=SECONDS) as machine:
        machine.send("reboot -f\n", after=r"/ # ", console="web")
        machine.wait(r"plinth-guest: init ", console="web")
        machine.wait(r"/ # ", console="web")
        machine.send("\x1dsreset web\n\x1d1", after=r"guest: vm=\d+\(web\) starts again$")
        machine.wait(r"guest: vm=\d+\(web\) starts again$")
        machine.send("poweroff -f\n", after=r"/ # ", console="web")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: every answer comes", run.story())
    expect(report, run, name, PASS)
    boots = run.log.console("web").count(b"plinth-guest: init CPUS=1 ")
    report.ok(boots == 3, f"{name}: three boots to the prompt", boots)


def main():
    report = Report()
    absent = engine_missing("bochs") or linux_missing()
    if absent:
        report.skip("linux_reboot", absent)
    else:
        each_way(report)
        again(report)
    report.done()


if __name__ == "__main__":
    main()
