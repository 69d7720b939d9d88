#!/usr/bin/env python3
"""The image for people, build/plinth.iso: BIOS and UEFI start it as a CD and as a USB stick, and
its menu starts the self-test by itself, or what was chosen."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (NOVMX, ONE_CPU, PASS, ROOT, Report, boot, engine_missing, expect,  # noqa: E402
                    expect_guests)

ISO = os.path.join(ROOT, "build/plinth.iso")
MEDIA = [("bios", "cd"), ("bios", "usb"), ("uefi", "cd"), ("uefi", "usb")]

# The menu's entries, the default first, and their command lines.
MENU = [
    ("Plinth: self-test", ""),
    ("Plinth: self-test on one CPU", "cpus=1"),
    ("Plinth: safe mode (one CPU, no VPID, small pages)", "cpus=1 vpid=off pages=small"),
    ("Plinth: benchmark of exits", "bench=1"),
]

# The others: keys sent on the serial port, the command line they mean, and what is said then.
DOWN = b"\x1b[B"
CHOICES = [
    ("self-test on one CPU", DOWN + b"\r", "cpus=1", "cpus-online=1 of=1"),
    ("safe mode", 2 * DOWN + b"\r", "cpus=1 vpid=off pages=small", "cpus-online=1 of=1"),
    ("benchmark, which wants VMX", 3 * DOWN + b"\r", "bench=1", "- vm/bench # SKIP this CPU has no VMX"),
]


def menu():
    """The configuration within the ISO: its settings by name, and entries like those of MENU."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "grub.cfg")
        subprocess.run(["xorriso", "-osirrox", "on", "-indev", ISO, "-extract",
                        "/boot/grub/grub.cfg", path], check=True, stderr=subprocess.DEVNULL)
        with open(path, encoding="ascii") as file:
            text = file.read()
    entries = re.findall(r'^menuentry "(.*)" \{\n\tmultiboot2 /boot/plinth\.elf ?(.*)\n\}$', text,
                         re.MULTILINE)
    return dict(re.findall(r"^set (\w+)=(.*)$", text, re.MULTILINE)), entries


def expect_menu(report):
    """The menu has its four entries and starts the first of them by itself."""
    if engine_missing("tcg"):
        report.skip("menu: entries", engine_missing("tcg"))
        return
    settings, entries = menu()
    report.ok(entries == MENU, "menu: four entries with their command lines", entries)
    report.ok(settings.get("default") == "0" and int(settings.get("timeout", 0)) > 0,
              "menu: the first starts by itself, after a while", settings)


def choose(keys):
    """Boots the ISO, sends the keys when the menu is there, and returns what the port said."""
    with subprocess.Popen(
            ["timeout", "300", "qemu-system-x86_64", "-machine", "q35", "-accel",
             "tcg,thread=single", "-cpu", "max", "-smp", "2", "-m", "256", "-nodefaults",
             "-display", "none", "-no-reboot", "-serial", "stdio",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-cdrom", ISO],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        said = b""
        while b"safe mode" not in said:
            byte = machine.stdout.read(1)
            if not byte:
                break
            said += byte
        machine.stdin.write(keys)
        machine.stdin.flush()
        said += machine.stdout.read()
        return said.decode("latin-1")


def main():
    report = Report()
    expect_menu(report)
    for firmware, media in MEDIA:
        name = f"plinth.iso, {firmware}, {media}"
        absent = engine_missing("tcg", firmware)
        if absent:
            report.skip(name, absent)
            continue
        run = boot("tcg", "--iso", ISO, "--firmware", firmware, "--media", media, cpus=2)
        expect(report, run, name, NOVMX)
        report.ok(run.log.find(f'command-line="" modules=0 firmware={firmware}'),
                  f"{name}: the default entry, by that firmware", run.story())
    for choice, keys, line, words in CHOICES:
        if engine_missing("tcg"):
            report.skip(f"menu: {choice}", engine_missing("tcg"))
            continue
        said = choose(keys)
        report.ok(f'command-line="{line}"' in said and words in said
                  and "\nverdict NOVMX" in said, f"menu: {choice}", said[-2000:])
    if engine_missing("bochs"):
        report.skip("plinth.iso, Bochs", engine_missing("bochs"))
    else:
        run = boot("bochs", "--iso", ISO, cpus=1)
        expect(report, run, "plinth.iso, Bochs", PASS)
        expect_guests(report, run, "plinth.iso, Bochs", (ONE_CPU,))
    report.done()


if __name__ == "__main__":
    main()
