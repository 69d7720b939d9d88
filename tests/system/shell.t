#!/usr/bin/env python3
"""Plinth's shell, typed to on the machine's serial port: its commands, the keys behind Ctrl-], and
VMs that are listed and stopped while they run."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import FAIL, NOVMX, Machine, Report, engine_missing, expect  # noqa: E402

READS = r"info console: reads the serial port escape=Ctrl-\]$"
COMMANDS = ["help", "vms", "console", "pause", "resume", "reset", "stop", "screen", "exits", "where",
            "stats", "trace", "log", "quit"]


def says(report, run, name, pattern):
    report.ok(run.log.find(pattern), name, f"no line has {pattern}\n{run.story()}")


def commands(report):
    """Without a VM: what is typed arrives, whole, and is answered."""
    name = "shell=on without VMX"
    with Machine("tcg", "--append", "shell=on tests=none", cpus=2) as machine:
        machine.send("help\r\n", after=READS)
        machine.send("vms\n", after=r"shell   quit ")
        machine.send("stop web\n", after=r"shell there is no VM$")
        machine.send("vns\x7f\x7fms\n", after=r"shell no VM 'web' runs; vms lists them$")
        machine.send("reboot\n", after=r"shell > vms\n.* shell there is no VM$")
        machine.send("stop\n", after=r"shell there is no command 'reboot'; help lists them$")
        machine.send("log error\n", after=r"shell stop takes VM$")
        machine.send("\x1d?", after=r"shell log=error$")
        machine.send("\x1d1", after=r"shell behind Ctrl-\]: ")
        machine.send("x" * 200 + "\n", after=r"shell there is no such console$")
        machine.send("quit\n", after=r"shell left out: a line has \d+ characters at most$")
    run = machine.run
    expect(report, run, name, NOVMX)
    report.ok(machine.missed is None, f"{name}: every answer comes", run.story())
    listed = [line.split()[0] for line in run.log.shell() if line.startswith("  ")]
    report.ok(listed == COMMANDS, f"{name}: help lists the commands", listed)


def typed_ahead(report):
    """More than the port and the loader's buffers hold at a time: no byte is lost."""
    name = "a thousand lines at once"
    with Machine("tcg", "--append", "shell=on tests=none exits=off", cpus=1) as machine:
        for number in range(1000):
            machine.send(f"{number:03}-abcdefghijklmnopqrstuvwxyz\n", after=None if number else READS)
        machine.send("quit\n")
    run = machine.run
    expect(report, run, name, NOVMX)
    typed = [line for line in run.log.shell() if line.startswith("> ")]
    wanted = [f"> {number:03}-abcdefghijklmnopqrstuvwxyz" for number in range(1000)] + ["> quit"]
    wrong = [(is_, due) for is_, due in zip(typed, wanted) if is_ != due]
    report.ok(typed == wanted, f"{name}: all arrive, in order",
              f"{len(typed)} lines, {wrong[:3]}\n{run.story()}")


def running_guests(report):
    """A guest that works for seconds is listed, and ended from outside."""
    name = "shell=on while guests run"
    guest = "fairness_64"
    with Machine("bochs", "--append", f"shell=on tests=guest/{guest} exits=off", cpus=2) as machine:
        machine.send(f"vms\nexits {guest}\npause {guest}\nreset {guest}\n", after=READS)
        # Paused, it has all the time of the world.
        machine.send("vms\n", after=rf"info vm: reset vm=\d+\({guest}\)$")
        machine.send(f"resume {guest}\nstop {guest}\n", after=rf"\({guest}\) state=paused ")
        machine.send("vms\n", after=rf"info vm: ended vm=\d+\({guest}\) ")
        machine.send("quit\n", after=r"shell there is no VM$")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: every answer comes", run.story())
    # The test of that guest fails: it ended before it had said what is expected of it.
    expect(report, run, name, FAIL)
    says(report, run, f"{name}: vms lists it",
         rf"shell vm=\d+\({guest}\) state=running vcpus=\d+ memory_kib=\d+$")
    says(report, run, f"{name}: and its vCPU",
         r"shell   vcpu=0 state=\w+ cpu=\d exits=\d+ guest_us=\d+ turns_us=\d+$")
    says(report, run, f"{name}: exits counts them", rf"shell exits vm=\d+\({guest}\) total=\d+")
    says(report, run, f"{name}: reset begins it anew", rf"shell reset vm=\d+\({guest}\)$")
    says(report, run, f"{name}: resume lets it go on", rf"shell resume vm=\d+\({guest}\)$")
    says(report, run, f"{name}: stop ends it", rf"shell stop vm=\d+\({guest}\)$")


def main():
    report = Report()
    for engine, tests in (("tcg", (commands, typed_ahead)), ("bochs", (running_guests,))):
        absent = engine_missing(engine)
        if absent:
            report.skip(f"the shell under {engine}", absent)
            continue
        for test in tests:
            test(report)
    report.done()


if __name__ == "__main__":
    main()
