#!/usr/bin/env python3
"""The lint finds what it is there to find: each broken rule, put into a copy of the tree or of a
small ELF, is reported by name; the tree as it is passes."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report, missing  # noqa: E402

HEADER = "#ifndef LIB_BAD_H\n#define LIB_BAD_H\n#endif\n"
# name, file, its text (None: no change), what the complaint must say
HOUSE = [
    ("an include that points up", "lib/bad.c", '#include "kernel/output/log.h"\n', "points up"),
    ("an include across a row", "ept/bad.c", '#include "x86/msr.h"\n', "across"),
    ("an include between the backends", "device/bad.c", '#include "vmx/exit/exit_reason.h"\n',
     "across"),
    ("an include without its layer", "vm/bad.c", '#include "vcpu.h"\n', "from the root"),
    ("an include of no layer", "vm/bad.c", '#include "tools/x.h"\n', "no layer"),
    ("a C library's header", "kernel/bad.c", "#include <stdio.h>\n", "C library"),
    ("a library that one other file wraps", "vm/bad.c", "#include <Zydis/Zydis.h>\n", "only"),
    ("an include that points up from assembly", "boot/bad.asm", '%include "vmx/offsets.inc"\n',
     "points up"),
    ("a vendor's word", "vm/bad.c", "/* loads the VMCS */\n", "vendor"),
    ("a vendor's word in a name", "guest/bad.c", "int ept_root;\n", "vendor"),
    ("a vendor's word in assembly", "guest/bad.asm", "; vmx\n", "vendor"),
    ("a guard of another path", "lib/worse.h", HEADER, "guard"),
    ("a header without a guard", "lib/bad.h", "int x;\n", "guard"),
    ("its own header not first", "kernel/bad.c",
     '#include "kernel/output/log.h"\n#include "kernel/bad.h"\n', "own header"),
]
FINE = [
    ("an include that points down", "vm/good.c", '#include "lib/types.h"\n'),
    ("a host test's own needs", "vm/good_test.c", "#include <stdio.h>\n"),
    ("a word that only holds a vendor's", "vm/good.c", "/* the accepted kept exception */\n"),
    ("the backend's own words", "vmx/good.c", "/* VMCS */\n"),
]
# name, assembly, linker options, what the complaint must say
ELVES = [
    ("a segment that is writable and executable", "ret", ["-N"], "writable and executable"),
    ("an SSE register", "addps %xmm0, %xmm1", [], "xmm"),
    ("an x87 instruction", "fld1", [], "fld1"),
    ("an undefined symbol", "call gone", ["-r"], "gone"),
]
GOOD_ELF = "fxsave (%rdi)\nxsave (%rdi)\nret\n.section .rodata\n.quad 1\n.data\n.quad 1"


def house(copy):
    done = subprocess.run([os.path.join(copy, "tools/lint/includes.py")], stdout=subprocess.PIPE,
                          text=True, check=False)
    return done.returncode, done.stdout


def houses(report, copy):
    status, output = house(copy)
    report.ok(status == 0, "the tree as it is passes", output)
    for name, path, text, *words in HOUSE + FINE:
        target = os.path.join(copy, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        extra = os.path.join(copy, "kernel/bad.h")
        if words and words[0] == "own header":
            with open(extra, "w", encoding="utf-8") as file:
                file.write("#ifndef KERNEL_BAD_H\n#define KERNEL_BAD_H\n#endif\n")
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
        status, output = house(copy)
        os.remove(target)
        if os.path.exists(extra):
            os.remove(extra)
        if words:
            report.ok(status == 1 and path in output and words[0] in output, f"found: {name}",
                      output)
        else:
            report.ok(status == 0, f"allowed: {name}", output)


def elf(directory, text, options):
    source, obj, out = (os.path.join(directory, f"x.{end}") for end in ("s", "o", "elf"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(f".globl _start\n.text\n_start:\n{text}\n")
    subprocess.run(["as", "-o", obj, source], check=True)
    subprocess.run(["ld", "-z", "noexecstack", "-z", "separate-code", "--no-warn-rwx-segments",
                    *options, "-o", out, obj], check=True)
    done = subprocess.run([os.path.join(ROOT, "tools/lint/elf.py"), out], stdout=subprocess.PIPE,
                          text=True, check=False)
    return done.returncode, done.stdout


def elves(report, directory):
    status, output = elf(directory, GOOD_ELF, [])
    report.ok(status == 0, "a good ELF passes", output)
    for name, text, options, word in ELVES:
        status, output = elf(directory, text, options)
        report.ok(status == 1 and word in output, f"found: {name}", output)


def main():
    report = Report()
    if missing("build"):
        report.skip("lint", f"not installed: {missing('build')}")
        report.done()
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "copy")
        os.mkdir(copy)
        for name in os.listdir(ROOT):
            if os.path.isdir(os.path.join(ROOT, name)) and name not in ("build", ".git"):
                shutil.copytree(os.path.join(ROOT, name), os.path.join(copy, name))
        houses(report, copy)
        elves(report, directory)
    report.done()


if __name__ == "__main__":
    main()
