#!/usr/bin/env python3
"""Checks the linked kernel: no segment is writable and executable, nothing is undefined, no
instruction touches x87, SSE or AVX registers except in the functions whose work that is."""

import os
import re
import subprocess
import sys

# The functions that may name vector or x87 registers: none does today but to save and load them,
# which FXSAVE and XSAVE do without naming one. Test guests are data to this program.
ALLOWED = set()

VECTOR = re.compile(r"%(?:[xyz]mm\d+|st\b|st\(\d\)|mm\d\b|k[0-7]\b)")
# Instructions of the x87 unit without a register operand: all begin with f.
X87 = re.compile(r"^(?!fx(?:save|rstor))f[a-z0-9]+$")


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def check_segments(elf):
    """W^X, and every segment on pages of its own."""
    loads = 0
    for line in output("readelf", "-lW", elf).splitlines():
        match = re.match(r"\s+(LOAD|GNU_STACK)\s+(.*)\s([R ][W ][E ])\s+(0x[0-9a-f]+)$", line)
        if not match:
            continue
        loads += match[1] == "LOAD"
        if "W" in match[3] and "E" in match[3]:
            yield f"a segment is writable and executable: {line.strip()}"
        if match[1] == "LOAD" and int(match[4], 16) % 4096:
            yield f"a segment is not aligned to pages: {line.strip()}"
    if loads < 3:
        yield f"{loads} segments to load: text, read-only and writable data are not apart"


def check_symbols(elf):
    """Nothing undefined, no common symbols."""
    for line in output("nm", elf).splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[-2] in ("U", "C", "w", "v"):
            yield f"symbol '{fields[-1]}' is undefined or common"
    for line in output("readelf", "-rW", elf).splitlines():
        if line.startswith("Relocation section"):
            yield f"relocations are left: {line}"


def check_instructions(elf):
    """No floating point and no vector registers."""
    function = "?"
    for line in output("objdump", "-d", "--no-show-raw-insn", elf).splitlines():
        match = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if match:
            function = match[1]
            continue
        match = re.match(r"\s*[0-9a-f]+:\s+(?:(?:lock|rep\w*|data16|cs|ds|es|fs|gs) )*(\S+)(.*)",
                         line)
        if match and (VECTOR.search(match[2]) or X87.match(match[1])):
            if function.split(".")[0] not in ALLOWED:
                yield f"{function}: {line.strip()}"


def main(arguments):
    if len(arguments) != 1:
        print("usage: elf.py ELF", file=sys.stderr)
        return 2
    if not os.path.isfile(arguments[0]):
        print(f"  there is no {arguments[0]}")
        return 1
    failed = 0
    for name, check in (("segments", check_segments), ("symbols", check_symbols),
                        ("instructions", check_instructions)):
        problems = list(check(arguments[0]))
        for problem in problems[:20]:
            print(f"  {name}: {problem}")
        print(f"  {name}: {len(problems)} problems")
        failed += len(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
