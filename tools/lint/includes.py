#!/usr/bin/env python3
"""Checks the house: includes point down or sideways, headers are guarded by their path, vendor
words stay in vendor folders. docs/architecture.md gives the layers; main.c is the roof and sees
all of them, and a test may include what it needs of the system's headers."""

import os
import re
import sys

# From the bottom up. Folders of one row do not see each other.
ROWS = [["lib"], ["x86", "boot", "ept"], ["kernel"], ["vm"], ["vmx", "device"], ["guest"]]
LAYERS = [layer for row in ROWS for layer in row]
HEIGHT = {layer: height for height, row in enumerate(ROWS) for layer in row}

# Layers that must not know a vendor, and the words they may not say, in comments neither.
NEUTRAL = ("vm", "device", "guest")
VENDOR_WORD = re.compile(r"\b(vmcs|vmx|ept)\b|(?<![a-z0-9])(vmcs|vmx|ept)_", re.IGNORECASE)
# Not Plinth, but a program that runs in its guests: what it measures has the names that a CPU gives it.
GUESTS = ("guest/bench/",)
# The compiler's own headers, which exist without a C library.
FREESTANDING = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdalign.h", "limits.h"}

# The files that may include each library that is built in but is no part of the tree.
LIBRARIES = {"Zydis/Zydis.h": ("vm/emulate/decoder.c", "vm/emulate/encoding.c",
                                "vm/crash/instruction_text.c")}

# Assembly that runs before C fills a row of the kernel's table of CPUs: it sees numbers, not code.
EXEMPT = {("boot", "kernel/offsets.inc")}

INCLUDE = re.compile(r'^\s*[#%]\s*include\s+([<"])([^>"]+)[>"]')


def sources():
    """Every source file of the layers, as a path from the root."""
    for layer in LAYERS:
        for folder, _, names in os.walk(layer):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".asm", ".inc")):
                    yield os.path.join(folder, name)


def may_include(layer, other):
    """True when a file of `layer` may include one of `other`."""
    return layer == other or HEIGHT[other] < HEIGHT[layer]


def check_include(path, number, bracket, target):
    """The complaints about one include line."""
    host = re.search(r"_(test|fuzz)\.c$", path)
    layer, other = path.split("/")[0], target.split("/")[0]
    if bracket == "<" and target in LIBRARIES:
        if path not in LIBRARIES[target]:
            yield f"{path}:{number}: <{target}> is for {' and '.join(LIBRARIES[target])} only"
    elif bracket == "<":
        if not host and target not in FREESTANDING:
            yield f"{path}:{number}: <{target}> belongs to a C library"
    elif (layer, target) in EXEMPT:
        return
    elif other not in HEIGHT and "/" in target:
        if not os.path.exists(os.path.join(layer, target)) and not (host and other == "tests"):
            yield f'{path}:{number}: "{target}" is in no layer'
    elif "/" not in target:
        if path.endswith((".c", ".h")):
            yield f'{path}:{number}: "{target}" is not written from the root'
    elif not may_include(layer, other):
        yield f'{path}:{number}: {layer}/ may not include "{target}": it points up or across'


def check_own_header_first(path, includes):
    """A .c file includes its own header before any other, so that the header stands alone."""
    own = re.sub(r"(_test|_fuzz)?\.c$", ".h", path)
    if path.endswith(".c") and not re.search(r"_(test|fuzz)\.c$", path) and os.path.exists(own):
        if own in includes and includes[0] != own:
            yield f"{path}: does not include its own header first"


def check_guard(path, text):
    """A header's guard is its path."""
    guard = re.sub(r"[^A-Z0-9]", "_", path.upper())
    if not re.search(rf"^#ifndef {guard}\n#define {guard}$", text, re.MULTILINE):
        yield f"{path}: its guard is not {guard}"
    elif not text.rstrip().endswith("#endif"):
        yield f"{path}: does not end with its guard"


def check_file(path):
    """Every complaint about one file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    includes = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            includes.append(match[2])
            yield from check_include(path, number, match[1], match[2])
        if path.split("/")[0] in NEUTRAL and not path.startswith(GUESTS):
            word = VENDOR_WORD.search(line)
            if word:
                yield f"{path}:{number}: the vendor's word '{word[0]}' in a neutral layer"
    yield from check_own_header_first(path, includes)
    if path.endswith(".h"):
        yield from check_guard(path, text)


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    files = list(sources())
    problems = [problem for path in files for problem in check_file(path)]
    for problem in problems:
        print(f"  {problem}")
    print(f"  {len(files)} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
