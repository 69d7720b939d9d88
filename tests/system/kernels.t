#!/usr/bin/env python3
"""Unmodified kernels that are no Linux, side by side: GNU Mach (Multiboot 1, 32 bits) until it misses
its modules, Xen (Multiboot 2) on two vCPUs until it starts its first domain, Plinth itself, which
finds no VMX and ends, and Linux from its real-mode entry. None is told where it runs."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import SHORT  # noqa: E402
from plinth import (PASS, ROOT, Machine, Report, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)
from log_check import Log  # noqa: E402

MODULES = [
    f"{guest_file('gnumach')} vm=mach multiboot memory=64M deadline=120 -- gnumach console=com0",
    f"{os.path.join(ROOT, 'build/plinth.elf')} vm=inner multiboot cpus=2 memory=128M deadline=120"
    " -- tests=none",
    f"{guest_file('xen')} vm=xen multiboot cpus=2 memory=256M deadline=120 -- "
    "xen console=com1 com1=115200,8n1 loglvl=all noreboot",
    f"{guest_file('linux-cloud')} vm=xen module -- linux console=hvc0",
    f"{guest_file('linux-cloud')} vm=real linux entry=16 memory=160M deadline=120 -- {SHORT}"
    " plinth.run=\"dmesg | grep e820:\"",
    f"{guest_file('initramfs-cloud')} vm=real initrd",
]

# Where a guest is as far as it gets, and is stopped.
MACH_ENDS = r"panic \.\./kern/bootstrap\.c:\d+: bootstrap_create: No bootstrap code"
XEN_ENDS = r"Scrubbing Free RAM"

MACH_SAYS = [
    r"GNU Mach 1\.8\+git\d+-486$",
    r"biosmem: 0+100000:0*3fe0000, available$",
    r"biosmem: 0+3fe0000:0*4000000, ACPI$",
    r"pcibios_init: Using configuration type 1$",
    r"RTC time is 20\d\d-",
]
XEN_SAYS = [
    r"Xen version 4\.17",
    r"Command line: console=com1 ",
    r"\[0+, 0+9fbff\] \(usable\)$",
    r"\[0+100000, 0+ffdffff\] \(usable\)$",
    r"SMP: Allowing 2 CPUs",
    r"IRQ limits: 24 GSI,",
    r"Switched to APIC driver x2apic",
    r"Platform timer is 100\.000MHz HPET$",
    r"Detected \d+\.\d+ MHz processor\.$",
    r"ENABLING IO-APIC IRQs$",
    r"\.\.TIMER: vector=0xF0 apic1=0 pin1=2 apic2=-1 pin2=-1$",
    r"TSC deadline timer enabled$",
    r"Brought up 2 CPUs$",
    r"\*\*\* Building a PV Dom0 \*\*\*$",
]


# What its setup code asked the BIOS for.
REAL_SAYS = [
    r"plinth-guest: init CPUS=1 ",
    r"BIOS-e820: \[mem 0x0+-0x0+9fbff\] usable$",
    r"BIOS-e820: \[mem 0x0+9fc00-0x0+9ffff\] reserved$",
    r"BIOS-e820: \[mem 0x0+100000-0x0+9fdffff\] usable$",
    r"plinth-guest: done STATUS=0$",
]


def says(report, run, name, patterns):
    """All of these, in this order, on its console."""
    text = run.log.console(name).decode("latin-1").replace("\r", "")
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(text, at)
        report.ok(match, f"{name} says {pattern}", text[-4000:])
        at = match.end() if match else at


def inner(report, run):
    """What Plinth logs as a guest is a log as any other, with its verdict."""
    log = Log(run.log.console("inner").replace(b"\n", b"\r\n"), 2)
    report.ok(not log.problems, "inner: its log keeps the grammar", log.problems)
    report.ok(log.verdict and log.verdict.word == "NOVMX", "inner: it finds no VMX", log.verdict)
    report.ok(log.find(r"smp: cpus-online=2 of=2\b"), "inner: both its CPUs come online")
    report.ok(run.log.find(r"guest: vm=\d+\(inner\) ends: ACPI S5$"), "inner: it switches off")


def main():
    report = Report()
    name = "kernels"
    absent = engine_missing("bochs") or guests_missing("gnumach", "xen", "linux-cloud",
                                                        "initramfs-cloud")
    if absent:
        report.skip(name, absent)
        report.done()
    with Machine("bochs", "--memory", "1024", "--append", "tests=none",
                 *[word for module in MODULES for word in ("--module", module)], cpus=2,
                 seconds=400) as machine:
        machine.send("\x1ds")
        machine.send("stop mach\n", after=MACH_ENDS, console="mach")
        machine.send("stop xen\n", after=XEN_ENDS, console="xen")
        machine.wait(r"info vm: ended vm=\d+\(inner\) ")
        machine.wait(r"plinth-guest: power off", console="real")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: all come as far as they can", run.story())
    expect(report, run, name, PASS)
    says(report, run, "mach", MACH_SAYS)
    says(report, run, "xen", XEN_SAYS)
    says(report, run, "real", REAL_SAYS)
    inner(report, run)
    report.done()


if __name__ == "__main__":
    main()
