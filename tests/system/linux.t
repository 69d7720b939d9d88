#!/usr/bin/env python3
"""The distribution's cloud kernel, as it comes, as a guest: alone and in company, on one, two and four
vCPUs; told nothing but its console; and typed to, paused and stopped from Plinth's shell."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import (expect_linux, linux, linux_missing,  # noqa: E402
                         unknown_warnings)
from plinth import (ONE_CPU, PASS, Machine, Report, boot, engine_missing, expect,  # noqa: E402
                    expect_guests)

# Every process must find its vector registers as it left them.
VECTORS = "vectors & a=$!; vectors & b=$!; vectors && wait $a && wait $b"
# The clock's alarm; then how often ACPI told of one.
ALARM = ("echo +1 >/sys/class/rtc/rtc0/wakealarm; sleep 3; "
         "echo alarms: $(cat /sys/firmware/acpi/interrupts/ff_rt_clk)")
ESCAPE = "\x1d"
PROMPT = r"/ # "


def plain(report):
    """No argument but the console; what the kernel warns of, it warns of on the bare emulator too."""
    name = "one vCPU, console=ttyS0"
    run = boot("bochs", "--append", "tests=none", "--memory", "512",
               *linux("plain", line="console=ttyS0", run=f"dmesg -r | grep -v ^.[5-7]; {ALARM}; {VECTORS}"),
               cpus=1)
    expect(report, run, name, PASS)
    console = expect_linux(report, run, "plain", name, 1)
    for sign in ("ACPI: Interpreter enabled", "ttyS0 at I/O 0x3f8 (irq = 4",
                 "rtc_cmos 00:0", "clocksource: Switched to clocksource tsc",
                 "DMI: Plinth PC, BIOS 1 01/01/2026", "alarms: 1 "):
        report.ok(sign in console, f"{name}: it finds what it has: {sign}", console[-3000:])
    warnings = unknown_warnings(console)
    report.ok(not warnings, f"{name}: no warning that is not given on the bare emulator",
              "\n".join(warnings))


def company(report):
    """Two of them and every embedded guest, on two CPUs."""
    name = "two VMs and the embedded guests"
    run = boot("bochs", "--memory", "1024", "--append", "tests=guest/* exits=off",
               *linux("one", run="cat /proc/uptime"),
               *linux("two", "cpus=2", run=f"grep -c processor /proc/cpuinfo; {VECTORS}"),
               cpus=2)
    expect(report, run, name, PASS)
    expect_linux(report, run, "one", f"{name}: the first", 1)
    console = expect_linux(report, run, "two", f"{name}: the second", 2)
    report.ok("\n2\n" in console, f"{name}: each has its own output", console[-1000:])
    expect_guests(report, run, name, (ONE_CPU,))


def typed_to(report):
    """A shell on four vCPUs; pause and resume, and the end from outside."""
    name = "four vCPUs, typed to"
    with Machine("bochs", "--append", "tests=none", "--memory", "512", *linux("web", "cpus=4"),
                 cpus=2) as machine:
        machine.send("echo $((6*7)); nproc\n", after=PROMPT, console="web")
        machine.wait(r"^42\n4\n", console="web")
        machine.send(f"{ESCAPE}spause web\nvms\nresume web\n{ESCAPE}1")
        machine.send(f"{VECTORS}; echo again\n", after=r"shell resume vm=\d+\(web\)$")
        machine.wait(r"^again$", console="web")
        machine.send(f"{ESCAPE}sstop web\n")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: every answer comes", run.story())
    expect(report, run, name, PASS)
    report.ok(run.log.find(r"vm=\d+\(web\) state=paused vcpus=4 "), f"{name}: it is paused",
              "\n".join(run.log.shell()))


def main():
    report = Report()
    absent = engine_missing("bochs") or linux_missing()
    if absent:
        report.skip("linux", absent)
    else:
        tests = {"plain": plain, "company": company, "typed": typed_to}
        for test in sys.argv[1:] or tests:
            tests[test](report)
    report.done()


if __name__ == "__main__":
    main()
