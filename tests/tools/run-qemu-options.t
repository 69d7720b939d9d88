#!/usr/bin/env python3
"""The options of run-qemu.sh: each bad value is refused with status 2 and a sentence that names
the option, a missing engine with status 5 and the packages' names; nothing is left behind."""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import MISSING, ROOT, USAGE, Report, command, missing  # noqa: E402

# options, what the sentence must name
BAD = [
    (["--engine", "vmware"], "--engine"),
    (["--engine"], "--engine"),
    (["--cpus", "0"], "--cpus"),
    (["--cpus", "-1"], "--cpus"),
    (["--cpus", "256"], "--cpus"),
    (["--cpus", "4x"], "--cpus"),
    (["--cpus", ""], "--cpus"),
    (["--cpus", "08"], "--cpus"),
    (["--cpus", "99999999999999999999"], "--cpus"),
    (["--memory", "63"], "--memory"),
    (["--memory", "1G"], "--memory"),
    (["--memory", "65537"], "--memory"),
    (["--model", "a b"], "--model"),
    (["--model", "$(reboot)"], "--model"),
    (["--model", ""], "--model"),
    (["--firmware", "coreboot"], "--firmware"),
    (["--media", "floppy"], "--media"),
    (["--timeout", "0"], "--timeout"),
    (["--timeout", "86401"], "--timeout"),
    (["--timeout", "ten"], "--timeout"),
    (["--append", "a\nb"], "--append"),
    (["--append", "a\x1bb"], "--append"),
    (["--module", "/nonexistent vm=a linux"], "--module"),
    (["--module", ""], "--module"),
    (["--module", f"{ROOT}/Makefile a\nb"], "--module"),
    (["--module", f"{ROOT}/tests vm=a linux"], "--module"),
    (["--module", f"{ROOT}/Makefile flat"], "module 0: it names no VM: vm=NAME is missing"),
    (["--module", f"{ROOT}/Makefile vm=a flat", "--module", f"{ROOT}/Makefile disk -- vm=a"],
     "module 1: it names no VM: vm=NAME is missing"),
    (["--log", "/nonexistent/directory/log"], "--log"),
    (["--log", ROOT], "--log"),
    (["--log", "/dev/null"], "--log"),
    (["--input", "/nonexistent"], "--input"),
    (["--input", ROOT], "--input"),
    (["--gdb", "0"], "--gdb"),
    (["--gdb", "65536"], "--gdb"),
    (["--iso", "/nonexistent.iso"], "--iso"),
    (["--iso", f"{ROOT}/Makefile"], "--iso"),
    (["--iso", f"{ROOT}/Makefile", "--append", "cpus=1"], "--iso"),
    (["--iso", f"{ROOT}/Makefile", "--module", f"{ROOT}/Makefile vm=x"], "--iso"),
    (["--frobnicate"], "--frobnicate"),
    (["extra"], "extra"),
    (["--engine", "bochs", "--firmware", "uefi"], "UEFI"),
    (["--engine", "bochs", "--media", "usb"], "--media"),
]

# The same, for what only the engine can judge.
BAD_FOR_BOCHS = [
    (["--cpus", "9"], "CPUs"),
    (["--memory", "16384"], "MiB"),
    (["--model", "pentium9"], "pentium9"),
    (["--model", "Supported"], "Supported"),
]
BAD_FOR_TCG = [
    (["--model", "pentium9"], "pentium9"),
]


def refused(report, options, word, engine=()):
    status, output = command(*engine, *options)
    report.ok(status == USAGE and word in output and "run-qemu: " in output,
              f"refused: {' '.join([*engine, *options])!r}".replace(ROOT, "."),
              f"status {status}\n{output}")


def bare_path(directory, without):
    """A PATH of one folder that holds links to every command but those of `without`."""
    for folder in os.environ["PATH"].split(":"):
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            link = os.path.join(directory, name)
            if name not in without and not os.path.lexists(link):
                os.symlink(os.path.join(folder, name), link)
    return dict(os.environ, PATH=directory)


def missing_engine(report, engine, program, package):
    with tempfile.TemporaryDirectory() as directory:
        env = bare_path(directory, {program, "apt-get"})
        status, output = command("--engine", engine, env=env)
    report.ok(status == MISSING and package in output,
              f"no {program} and no apt-get: status 5, naming {package}",
              f"status {status}\n{output}")


def elsewhere(report):
    """A checkout whose path holds blanks, called from yet another directory through a link."""
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "a path with  blanks")
        os.mkdir(copy)
        shutil.copytree(os.path.join(ROOT, "tools"), os.path.join(copy, "tools"))
        shutil.copy(os.path.join(ROOT, "run-qemu.sh"), copy)
        link = os.path.join(directory, "link")
        os.symlink(os.path.join(copy, "run-qemu.sh"), link)
        status, output = command("--engine", "tcg", "--no-build", script=link)
        report.ok(status == USAGE and "there is no build/plinth.elf" in output,
                  "--no-build without a kernel is refused, in a path with blanks",
                  f"status {status}\n{output}")
        report.ok(os.listdir(os.path.join(copy, "build/run")) == [],
                  "and its working directory is removed")


def kvm_obstacles(report):
    """What keeps nested KVM from being used is named. Any file stands in for the device."""
    with tempfile.TemporaryDirectory() as directory:
        nested = os.path.join(directory, "nested")
        for device, text, words in ((os.path.join(directory, "gone"), "Y", "there is no"),
                                    ("/dev/null", "N", "nesting is off"),
                                    ("/dev/null", "0", "nesting is off")):
            with open(nested, "w", encoding="ascii") as file:
                file.write(f"{text}\n")
            env = dict(os.environ, PLINTH_KVM_DEVICE=device, PLINTH_KVM_NESTED=nested)
            status, output = command("--engine", "kvm", env=env)
            report.ok(status == MISSING and words in output,
                      f"--engine kvm, device {os.path.basename(device)}, nested={text}: status 5",
                      f"status {status}\n{output}")


def main():
    report = Report()
    status, output = command("--help")
    report.ok(status == 0 and "Exit status" in output, "--help explains itself", output)
    for options, word in BAD:
        refused(report, options, word)
    for engine, group, cases in (("bochs", "bochs", BAD_FOR_BOCHS), ("tcg", "qemu", BAD_FOR_TCG)):
        absent = missing(group)
        for options, word in cases:
            if absent:
                report.skip(f"{engine} {' '.join(options)}", f"not installed: {absent}")
            else:
                refused(report, options, word, ["--engine", engine])
    kvm_obstacles(report)
    missing_engine(report, "bochs", "bochs", "bochs")
    missing_engine(report, "tcg", "qemu-system-x86_64", "qemu-system-x86")
    if missing("qemu", "build"):
        report.skip("another directory", f"not installed: {missing('qemu', 'build')}")
    else:
        elsewhere(report)
    report.done()


if __name__ == "__main__":
    main()
