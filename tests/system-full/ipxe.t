#!/usr/bin/env python3
"""iPXE, which uses the BIOS for all it does: from its disk image by way of ISOLINUX, and as the Linux
kernel that it poses as, both under SeaBIOS; and without firmware, on Plinth's own BIOS. Without a
network card it goes back to the BIOS, or to its command line, where a user types."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (PASS, Machine, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

# What comes up under SeaBIOS waits a minute for a device to boot from, then resets the machine.
FIRMWARE = f"{guest_file('seabios.bin')} vm=pc firmware memory=64M deadline=300 reset=stop"
KERNEL = guest_file("ipxe.lkrn")
BANNER = "Open Source Network Boot Firmware"
CTRL_B = "\x02"


def says_in_order(report, run, name, *sentences):
    said, at = run.log.console("pc").decode("latin-1"), 0
    for words in sentences:
        found = said.find(words, at)
        report.ok(found >= 0, f"{name}: then comes: {words}", said[at:] + run.story())
        at = max(at, found)


def from_disk(report):
    name = "iPXE's disk image"
    run = boot("bochs", "--append", "tests=none", "--module", FIRMWARE,
               "--module", f"{guest_file('ipxe.iso')} vm=pc disk", cpus=1)
    expect(report, run, name, PASS)
    says_in_order(report, run, name, "ISOLINUX ", "iPXE initialising devices...ok",
                  "Press Ctrl-B for the iPXE command line...", "No bootable device.")


def command_line(report, name, *modules):
    """To the prompt, where the user has it say a number that takes two of its commands, and leaves.
    A BIOS keeps 15 keys for a program that is busy: no line is longer."""
    with Machine("bochs", "--append", "tests=none", *modules, cpus=1) as machine:
        machine.send(CTRL_B, after=r"Press Ctrl-B", console="pc")
        machine.send("set x 11\r", after=r"iPXE> ", console="pc")
        machine.send("echo 47${x}\r", after=r"iPXE> ", console="pc")
        machine.wait(r"4711", console="pc")
        machine.send("exit\r", after=r"iPXE> ", console="pc")
    report.ok(machine.missed is None, f"{name}: its command line answers", machine.run.story())
    expect(report, machine.run, name, PASS)
    return machine.run


def under_firmware(report):
    name = "ipxe.lkrn under SeaBIOS"
    run = command_line(report, name, "--module", FIRMWARE, "--module", f"{KERNEL} vm=pc linux")
    says_in_order(report, run, name, "SeaBIOS (version ", "Booting from ROM...", BANNER, "iPXE> ",
                  "No bootable device.")


def without_firmware(report):
    """It ends where a BIOS has nothing else to start."""
    name = "ipxe.lkrn without firmware"
    run = command_line(report, name, "--module",
                       f"{KERNEL} vm=pc linux memory=64M deadline=300 halt=ok")
    says_in_order(report, run, name, BANNER, "iPXE> ", "BIOS: nothing to boot")


def main():
    report = Report()
    why = engine_missing("bochs") or guests_missing("seabios.bin", "ipxe.iso", "ipxe.lkrn")
    if why:
        report.skip("iPXE on Bochs", why)
    else:
        from_disk(report)
        under_firmware(report)
        without_firmware(report)
    report.done()


if __name__ == "__main__":
    main()
