"""What the tests of Linux guests share: the modules of such a VM, command lines, and the kernel's
warnings compared with those on the bare emulator."""

import os
import re

from plinth import ROOT, guest_file, guests_missing

WARNINGS = os.path.join(ROOT, "tests/guest/warnings-cloud.txt")

# What spares a Linux guest the time that it spends on what no test looks at: docs/test-guests.md.
SHORT = ("console=ttyS0,115200 quiet nokaslr mitigations=off tsc=reliable cryptomgr.notests "
         "initcall_blacklist=trace_eval_init,load_system_certificate_list audit=0 apparmor=0 "
         "nowatchdog rcupdate.rcu_expedited=1 8250.nr_uarts=1 ipv6.disable=1 idle=halt")


def linux_missing(flavour="cloud"):
    """Which files of that kernel's guest are not there, as a sentence, or an empty string."""
    return guests_missing(f"linux-{flavour}", f"initramfs-{flavour}")


def linux(vm, keys="", line=SHORT, run=None, flavour="cloud"):
    """run-qemu.sh's options for a VM with that kernel; `run` are commands for its shell."""
    commands = f' plinth.run="{run}"' if run else ""
    return ["--module", f"{guest_file(f'linux-{flavour}')} vm={vm} linux memory=256M {keys} -- {line}{commands}",
            "--module", f"{guest_file(f'initramfs-{flavour}')} vm={vm} initrd"]


def normal(line):
    """A line of `dmesg -r` without what differs from boot to boot: its time, and numbers."""
    line = re.sub(r"^<\d+>\[ *[\d.]+\] ?", "", line)
    return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\b\d+\b", "N", line).rstrip()


def unknown_warnings(console):
    """Warnings (levels 0 to 4) in what `dmesg -r` put on the console, but for those that the kernel
    gives on the bare emulator too."""
    with open(WARNINGS, encoding="ascii") as file:
        known = {line.rstrip("\n") for line in file if not line.startswith("# ")}
    warnings = [line for line in console.splitlines() if re.match(r"<[0-4]>\[", line)]
    return [line for line in warnings if normal(line) not in known]


def expect_linux(report, run, vm, name, cpus):
    """It came up with all its CPUs, ran what it was asked to, and switched off in order."""
    # What firmware did to the screen stands before the first line.
    console = re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", run.log.console(vm).decode("latin-1"))
    init = re.search(r"^plinth-guest: init CPUS=(\d+) ONLINE=(\S+) ", console, re.MULTILINE)
    online = "0" if cpus == 1 else f"0-{cpus - 1}"
    report.ok(init and init.groups() == (str(cpus), online), f"{name}: {cpus} CPUs come online",
              f"{init}\n{console[-1500:]}\n{run.story()}")
    report.ok("\nplinth-guest: done STATUS=0\n" in console, f"{name}: its commands succeed",
              console[-1500:])
    report.ok(run.log.find(rf"guest: vm=\d+\({vm}\) ends: ACPI S5"), f"{name}: it switches off",
              run.story())
    result = run.log.result(f"vm/{vm}")
    report.ok(result and result.ok, f"{name}: vm/{vm} is ok", run.story())
    return console
