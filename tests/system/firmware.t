#!/usr/bin/env python3
"""A firmware as guest: SeaBIOS, unmodified, on its serial console up to its boot menu, and from there
to a disk (tests/guest/boot_disk.asm), which the BIOS' own services read, print and switch off; or to a
kernel beside it (tests/guest/small_linux.asm), which also starts on Plinth's own BIOS."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (PASS, Machine, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)


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
                 cpus=1, clock=True) as machine:
        machine.send(ESCAPE, after=r"Press ESC for boot menu", console="pc")
        machine.wait(r"Select boot device:", console="pc")
        machine.send("1", after=r"1\. Virtio disk PCI:00:03\.0", console="pc")
    report.ok(machine.missed is None, f"{name}: the menu comes and lists the disk",
              machine.run.story())
    report.ok(machine.run.log.find(r"debug: Found 4 cpu\(s\) max supported 4 cpu\(s\)"),
              f"{name}: finds its CPUs", machine.run.story())
    report.ok(machine.run.log.find(r"debug: Copying SMBIOS from "),
              f"{name}: takes what SMBIOS is to say", machine.run.story())
    expect_disk(report, machine.run, name)


def small_bios(report):
    """The build for ROMs of 128 KiB, nobody at the keyboard, no HPET and no keyboard controller."""
    name = "SeaBIOS of 128 KiB on a machine with little"
    run = boot("bochs", "--append", "tests=none",
               *modules("seabios-128k.bin", "hpet=off", "i8042=off"), cpus=1)
    expect_disk(report, run, name)


def kernel(report):
    """It says what it was told, and where: at 1 MiB. The first end of its initrd is no multiple of 4."""
    name = "a kernel of real mode"
    with tempfile.TemporaryDirectory() as directory:
        options = ["--module", f"{guest_file('seabios-128k.bin')} vm=firmware firmware"]
        for vm in ("firmware", "own"):
            options += ["--module", f"{guest_file('small_linux.bin')} vm={vm} linux memory=32M"
                                    f" deadline=60 -- words for {vm}"]
            for part in ("one", "three"):
                path = os.path.join(directory, part)
                with open(path, "w", encoding="ascii") as file:
                    file.write(part)
                options += ["--module", f"{path} vm={vm} initrd"]
        run = boot("bochs", "--append", "tests=none", *options, cpus=1)
    expect(report, run, name, PASS)
    for vm in ("firmware", "own"):
        said = run.log.console(vm).decode("latin-1").replace("\r", "")
        # SeaBIOS still holds the end of what its setup code printed.
        report.ok("small linux: set" in said, f"{name}: vm={vm}: its setup code prints", said)
        report.ok(f"small linux: line=words for {vm}\nsmall linux: initrd=one.three\n" in said,
                  f"{name}: vm={vm}: finds command line and initrd", said + run.story())
        result = run.log.result(f"vm/{vm}")
        report.ok(result and result.ok, f"{name}: vm={vm}: switches itself off", run.story())


def main():
    report = Report()
    why = engine_missing("bochs") or guests_missing("seabios.bin", "seabios-128k.bin",
                                                    "boot-disk.img", "small_linux.bin")
    if why:
        report.skip("firmware on Bochs", why)
    else:
        boot_menu(report)
        small_bios(report)
        kernel(report)
    report.done()


if __name__ == "__main__":
    main()
