#!/usr/bin/env python3
"""A firmware as guest: SeaBIOS, unmodified, on its serial console up to its boot menu, and from there
to a disk (tests/guest/boot_disk.asm), which the BIOS' own services read, print and switch off."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (PASS, Machine, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

# The time in which Escape has to be typed is the guest's: let a second of it take long enough.
os.environ["BOCHS_IPS"] = "50000000"

ESCAPE = "\x1b"
STARTED = "boot disk: started by the BIOS\n"
READ = "boot disk: its last sector\n"


def modules(bios, *keys):
    return ("--module", " ".join([guest_file(bios), "vm=pc firmware memory=32M deadline=60", *keys]),
            "--module", f"{guest_file('boot-disk.img')} vm=pc disk")


def expect_disk(report, run, name):
    expect(report, run, name, PASS)
    said = run.log.console("pc").decode("latin-1").replace("\r", "")
    report.ok(STARTED in said and READ in said,
              f"{name}: the disk's program starts and reads its last sector",
              said[-400:] + run.story())
    result = run.log.result("vm/pc")
    report.ok(result and result.ok, f"{name}: the guest switches itself off", run.story())


def boot_menu(report):
    """Four vCPUs, and a user who chooses."""
    name = "SeaBIOS and its boot menu"
    with Machine("bochs", "--append", "tests=none", *modules("seabios.bin", "cpus=4"),
                 cpus=1) as machine:
        machine.send(ESCAPE, after=r"Press ESC for boot menu", console="pc")
        machine.wait(r"Select boot device:", console="pc")
        machine.send("1", after=r"1\. Virtio disk PCI:00:03\.0", console="pc")
    report.ok(machine.missed is None, f"{name}: the menu comes and lists the disk",
              machine.run.story())
    report.ok(machine.run.log.find(r"debug: Found 4 cpu\(s\) max supported 4 cpu\(s\)"),
              f"{name}: finds its CPUs", machine.run.story())
    expect_disk(report, machine.run, name)


def small_bios(report):
    """The build for ROMs of 128 KiB, nobody at the keyboard, no HPET and no keyboard controller."""
    name = "SeaBIOS of 128 KiB on a machine with little"
    run = boot("bochs", "--append", "tests=none",
               *modules("seabios-128k.bin", "hpet=off", "i8042=off"), cpus=1)
    expect_disk(report, run, name)


def main():
    report = Report()
    why = engine_missing("bochs") or guests_missing("seabios.bin", "seabios-128k.bin",
                                                    "boot-disk.img")
    if why:
        report.skip("firmware on Bochs", why)
    else:
        boot_menu(report)
        small_bios(report)
    report.done()


if __name__ == "__main__":
    main()
