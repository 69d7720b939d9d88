#!/usr/bin/env python3
"""Disks of an unmodified Linux: read whole, a file system mounted, changed and found changed, first
by virtio's present interface and messages, then by the legacy one and the interrupt pin; a read-only
disk whose last sector is a part of one."""

import hashlib
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import SHORT  # noqa: E402
from plinth import (PASS, Report, boot, engine_missing, expect,  # noqa: E402
                    guest_file, guests_missing)

SECTOR = 512
ODD = b"a disk of no whole sectors\n" * 40

# No quotes: the whole is quoted, and goes through GRUB.
COMMANDS = "; ".join([
    "echo id=$(cat /sys/block/vda/serial) features=$(cat /sys/bus/virtio/devices/virtio0/features)",
    "echo sum=$(sha256sum </dev/vda)",
    "mkdir /m",
    "mount -t ext2 /dev/vda /m",
    "echo last=$(tail -n 1 /m/pattern)",
    "seq 1 50000 >/m/new",
    "fstrim /m",
    "echo trim=$?",
    "umount /m",
    "grep virtio0 /proc/interrupts",
    "echo ro=$(cat /sys/block/vdb/ro) size=$(cat /sys/block/vdb/size)",
    "echo odd=$(sha256sum </dev/vdb)",
    # The same disk by the other interface, and a pin.
    "cd /modules",
    "rmmod virtio_blk virtio_pci",
    "echo 0 >/sys/bus/pci/devices/0000:00:03.0/msi_bus",
    "insmod virtio_pci.ko force_legacy=1",
    "insmod virtio_blk.ko",
    "echo legacy=$(cat /sys/bus/virtio/devices/virtio0/features)",
    "mount -t ext2 /dev/vda /m",
    "seq 1 50000 | cmp - /m/new",
    "echo kept=$?",
    "tail -c 100000 /m/pattern >/m/more",
    "umount /m",
    "mount -t ext2 /dev/vda /m",
    "tail -c 100000 /m/pattern | cmp - /m/more",
    "echo more=$?",
    "grep virtio0 /proc/interrupts",
])


def sum_of(data):
    return hashlib.sha256(data).hexdigest()


def bit(features, number):
    """A feature bit, as sysfs shows them: the lowest first."""
    return features[number:number + 1] == "1"


def read_disk(report, name, said, disk):
    report.ok(f"sum={sum_of(disk)} " in said, f"{name}: the disk is read whole", said)
    lines = disk.count(b"plinth-disk-")
    report.ok(f"last=plinth-disk-{lines - 1:016}..." in said, f"{name}: ext2 is mounted", said)
    report.ok("trim=0" in said, f"{name}: free blocks are discarded", said)
    odd = ODD + bytes(-len(ODD) % SECTOR)
    report.ok(f"ro=1 size={len(odd) // SECTOR}\n" in said, f"{name}: the second is read-only", said)
    report.ok(f"odd={sum_of(odd)} " in said, f"{name}: and ends with zeros", said)


def interfaces(report, name, said):
    words = dict(word.split("=", 1) for word in said.split() if "=" in word)
    named = re.search(r"^id=(\S+) features=([01]+)$", said, re.MULTILINE)
    modern, legacy = named[2] if named else "", words.get("legacy", "")
    report.ok(named and named[1] == "plinth-disk-0", f"{name}: the disk has a name", said)
    report.ok(bit(modern, 32) and bit(modern, 28) and bit(modern, 29),
              f"{name}: version 1, indirect descriptors and event indexes are agreed upon", modern)
    report.ok(legacy and not bit(legacy, 32) and bit(legacy, 29),
              f"{name}: the legacy interface goes without version 1", legacy)
    report.ok("kept=0\n" in said, f"{name}: what was written is there for another driver", said)
    report.ok("more=0\n" in said, f"{name}: what that one writes is kept", said)
    lines = [line.split() for line in said.splitlines() if "virtio0" in line]
    messages = [int(line[1]) for line in lines if "PCI-MSI" in line and "virtio0-req.0" in line]
    pins = [int(line[1]) for line in lines if "IO-APIC" in line]
    report.ok(messages and messages[0] > 0, f"{name}: messages come", lines)
    report.ok(pins and pins[0] > 0, f"{name}: the pin's interrupts come", lines)


def main():
    report = Report()
    name = "disks of Linux"
    # Fewer ticks of its clock while it boots.
    absent = engine_missing("bochs") or guests_missing("linux-cloud", "initramfs-cloud", "disk.img")
    if absent:
        report.skip(name, absent)
        report.done()
    with open(guest_file("disk.img"), "rb") as file:
        disk = file.read()
    with tempfile.NamedTemporaryFile() as odd:
        odd.write(ODD)
        odd.flush()
        run = boot("bochs", "--memory", "1024", "--append", "tests=none",
                   "--module", f"{guest_file('linux-cloud')} vm=web linux memory=256M deadline=300"
                               f" -- {SHORT} plinth.run=\"{COMMANDS}\"",
                   "--module", f"{guest_file('initramfs-cloud')} vm=web initrd",
                   "--module", f"{guest_file('disk.img')} vm=web disk",
                   "--module", f"{odd.name} vm=web disk -- ro", cpus=1)
    expect(report, run, name, PASS)
    said = run.log.console("web").decode("latin-1")
    read_disk(report, name, said, disk)
    interfaces(report, name, said)
    report.done()


if __name__ == "__main__":
    main()
