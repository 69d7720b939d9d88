#!/usr/bin/env python3
"""UEFI firmware as guest: OVMF, unmodified, to its shell on COM1, where a user lists what there is,
and switches the machine off; and to a Linux kernel beside it, which it starts as a UEFI program."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import SHORT, expect_linux, linux, linux_missing  # noqa: E402
from plinth import (PASS, Machine, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

SECONDS = 900

PROMPT = r"Shell> "


def ovmf(report, name, *keys, disk=False):
    words = " ".join(["vm=uefi firmware memory=128M deadline=300", *keys])
    options = ["--append", "tests=none", "--module", f"{guest_file('ovmf.fd')} {words}"]
    if disk:
        options += ["--module", f"{guest_file('disk.img')} vm=uefi disk"]
    with Machine("bochs", *options, cpus=1, seconds=SECONDS) as machine:
        # Any key but Escape: nobody waits for startup.nsh.
        machine.send("\r", after=r"UEFI Interactive Shell", console="uefi")
        machine.send("map -r\r", after=PROMPT, console="uefi")
        if disk:
            # The shell puts a device's path on the line below its name, and colours between.
            machine.wait(r"BLK0:", console="uefi")
            machine.wait(r"PciRoot\(0x0\)/Pci\(0x3,0x0\)", console="uefi")
        machine.send("reset -s\r", after=PROMPT, console="uefi")
    run = machine.run
    expect(report, run, name, PASS)
    report.ok(machine.missed is None, f"{name}: its shell answers", run.story())
    result = run.log.result("vm/uefi")
    report.ok(result and result.ok, f"{name}: the guest switches itself off", run.story())


def starts_linux(report):
    """ACPI tables and the memory map are those that OVMF hands over."""
    name = "OVMF and a Linux kernel"
    options = [word.replace("memory=256M", "")
               for word in linux("uefi", "", SHORT, "ls /sys/firmware/efi; dmesg -r | grep -v ^.[4-7]; true")]
    run = boot("bochs", "--append", "tests=none", "--module",
               f"{guest_file('ovmf.fd')} vm=uefi firmware memory=384M deadline=400", *options, cpus=1,
               seconds=SECONDS)
    expect(report, run, name, PASS)
    console = expect_linux(report, run, "uefi", name, 1)
    report.ok("systab" in console, f"{name}: it was started by UEFI", console[-1500:])
    report.ok("ACPI Error" not in console, f"{name}: it finds ACPI tables", console[-1500:])


def main():
    report = Report()
    why = engine_missing("bochs") or guests_missing("ovmf.fd", "disk.img") or linux_missing()
    if why:
        report.skip("OVMF on Bochs", why)
    else:
        ovmf(report, "OVMF with two vCPUs and a disk", "cpus=2", disk=True)
        starts_linux(report)
    report.done()


if __name__ == "__main__":
    main()
