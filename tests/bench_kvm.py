#!/usr/bin/env python3
"""What KVM takes for each path of the benchmark, on the same emulated CPU: a Linux kernel of the distribution's on
Bochs, with one CPU and with two, runs the benchmark's kernel by tests/bench/kvm_monitor.c. It is shown beside what
was recorded of KVM in tests/bench/kvm.txt, and what was recorded of Plinth. Needs `make guests`.

A path that KVM does not measure and Plinth does, or in which Plinth is not the faster one, makes the status 1."""

import argparse
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
from linux_guest import SHORT  # noqa: E402
from plinth import ROOT, engine_missing, guest_file, guests_missing  # noqa: E402

FILE = os.path.join(bench.FOLDER, "kvm.txt")
CLOCK = 50000000
SECONDS = 900
# Bochs' CPUID tells of a time-stamp counter of 3.5 GHz.
LINE = f"{SHORT} tsc_early_khz={CLOCK // 1000}"
# By the number of CPUs: which of them each vCPU is on, and what the kernel is told of that.
LAYOUTS = {1: ("0,0", "same=1"), 2: ("0,1,0", "other=1 same=2")}
# KVM's local APIC makes exits, and is compared with ours where that does.
COUNTERPARTS = {"lapic_write": "lapic_write_soft"}


def missing():
    """What is not there, as a sentence, or an empty string."""
    return engine_missing("bochs") or guests_missing("linux-cloud", "initramfs-kvm")


def commands(cpus):
    """For the guest's shell. GRUB takes quotes away."""
    loads = "; ".join(f"insmod /modules/{name}.ko" for name in ("irqbypass", "kvm", "kvm-intel"))
    places, told = LAYOUTS[cpus]
    return f"{loads}; kvm-monitor /bin/bench.elf {places} {told}"


def run(cpus):
    """What the machine said, and what tools/bare-bochs told of it."""
    tool = os.path.join(ROOT, "tools/bare-bochs")
    done = subprocess.run([tool, "--cpus", str(cpus), "--memory", "512", "--timeout", str(SECONDS), "--until",
                           "plinth-guest: done", f'linux {guest_file("linux-cloud")} {LINE} '
                           f'plinth.run="{commands(cpus)}"', f"initrd {guest_file('initramfs-kvm')}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          env=dict(os.environ, BOCHS_IPS=str(CLOCK)))
    return done.stdout.decode("latin-1"), done.stderr.decode("latin-1")


def measured():
    """KVM's figures by path and number of CPUs; a run that fails ends the program."""
    figures = {}
    for cpus in LAYOUTS:
        said, told = run(cpus)
        if "\nbench ends" not in said:
            sys.exit(f"bench: KVM with {cpus} CPUs does not come to the end\n{said[-2000:]}\n{told}")
        figures.update(bench.figures_in(said, cpus)[0])
    return figures


def counterpart(key):
    return bench.Key(COUNTERPARTS.get(key.path, key.path), key.cpus)


def compare(now, plinth):
    """Pairs of KVM's and Plinth's least samples, by key: of what Plinth has been measured for."""
    wanted = {key for key in now if counterpart(key) in plinth}
    wanted |= {key for key in plinth if key.path not in [*COUNTERPARTS, *COUNTERPARTS.values()]}
    return {key: (now.get(key), plinth[counterpart(key)]) for key in wanted}


def faults(pairs):
    """Sentences."""
    return [f"bench: {bench.name(key)}: " + (f"Plinth takes {ours.min} ticks, KVM {theirs.min}" if theirs
                                             else "KVM has not measured it")
            for key, (theirs, ours) in sorted(pairs.items()) if not theirs or ours.min >= theirs.min]


def table(pairs, stored, order):
    """The lines of the table."""
    lines = [f"{'path':18} CPUs {'KVM':>7} {'stored':>7} {'Plinth':>7} {'of it':>6}"]
    for key in sorted(pairs, key=order):
        theirs, ours = pairs[key]
        if theirs:
            before = stored[key].min if key in stored else "-"
            lines.append(f"{key.path:18} {key.cpus:4} {theirs.min:7} {before:>7} {ours.min:7} "
                         f"{ours.min / theirs.min:6.2f}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help=f"write the figures to {os.path.relpath(FILE, ROOT)}")
    recording = parser.parse_args().record
    absent = missing()
    if absent:
        sys.exit(f"bench: {absent}")
    order = bench.in_order_of(bench.read_reference())
    now = measured()
    pairs = compare(now, bench.read_figures(os.path.join(bench.FOLDER, "figures.txt")))
    print("\n".join(["", *table(pairs, bench.read_figures(FILE), order), *faults(pairs)]))
    if recording:
        bench.write_figures(FILE, now, order, "make bench KVM=1 RECORD=1")
        bench.draw("docs", bench.recorded_picture())
    return 1 if faults(pairs) else 0


if __name__ == "__main__":
    sys.exit(main())
