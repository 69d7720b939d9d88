#!/usr/bin/env python3
"""The screen shows what the serial port says: screenshots of QEMU under BIOS and UEFI, and of
framebuffers of every depth, compared pixel by pixel with the log drawn in the same font."""

import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from picture import Screen, difference, from_ppm, shown_lines  # noqa: E402
from plinth import RUN_SECONDS, ROOT, Report, engine_missing  # noqa: E402
from log_check import Log  # noqa: E402

KERNEL = os.path.join(ROOT, "build/plinth.elf")
FONT = os.path.join(ROOT, "build/gen/font.bin")

SHORT = "tests=guest/cpuid*"
# name, firmware, command line, what the `screen:` line says, the verdict
RUNS = [
    ("BIOS", "bios", SHORT, "EGA text columns=80 rows=25", "NOVMX"),
    ("UEFI", "uefi", SHORT, "framebuffer address=", "NOVMX"),
    ("BIOS, all tests", "bios", "", "EGA text columns=80 rows=25", "NOVMX"),
    ("UEFI, all tests", "uefi", "", "framebuffer address=", "NOVMX"),
    ("BIOS, a panic", "bios", "provoke=panic", "EGA text columns=80 rows=25", "FAIL"),
]
# Width, height, depth of modes that GRUB sets when a kernel asks for them, and the command line: the
# first is narrow, the last has its glyphs enlarged.
MODES = [
    ((640, 480, 15), ""),
    ((800, 600, 16), SHORT),
    ((1024, 768, 24), SHORT),
    ((2560, 1600, 32), SHORT),
]
NARROW = 80 # columns

TAG_FRAMEBUFFER, TAG_RELOCATABLE, OPTIONAL = 5, 10, 1
RELOCATABLE = struct.pack("<HHI4I", TAG_RELOCATABLE, OPTIONAL, 24, 0x200000, 0x3fffffff, 0x200000, 1)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def kernel_asking_for(mode, path):
    """Writes a kernel whose Multiboot2 header asks for a framebuffer, which Plinth's own does not:
    a BIOS machine keeps its text mode. The tag takes the place of one of the same size."""
    kernel = read(KERNEL)
    assert kernel.count(RELOCATABLE) == 1, "the tag for relocation is not where it was"
    tag = struct.pack("<HHI4I", TAG_FRAMEBUFFER, OPTIONAL, 20, *mode, 0)
    with open(path, "wb") as file:
        file.write(kernel.replace(RELOCATABLE, tag))


def shoot(folder, kernel, firmware, append):
    """Boots the kernel and returns the status, the output, the serial log and the picture."""
    iso, log, picture = (os.path.join(folder, name) for name in ("iso", "log", "screen.ppm"))
    subprocess.run([os.path.join(ROOT, "tools/make-iso"), "--kernel", kernel, "--output", iso,
                    "--work", os.path.join(folder, "work"), "--append", f"{append} end=halt"],
                   check=True)
    done = subprocess.run([os.path.join(ROOT, "tools/screenshot"), "--iso", iso, "--log", log,
                           "--firmware", firmware, "--output", picture,
                           "--timeout", str(RUN_SECONDS)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raw = read(log) if os.path.exists(log) else b""
        return None, f"{done.stdout.decode()}{raw[-1000:].decode('latin-1')}", None
    return read(log), "", from_ppm(read(picture))


def expect_picture(report, name, shot, screen, word):
    """The log is good and says `screen`, and the picture is the log's. Returns the log."""
    raw, output, picture = shot
    if not report.ok(raw is not None, f"{name}: there is a screenshot", output):
        return None
    log = Log(raw, 2)
    report.ok(not log.problems and log.verdict and log.verdict.word == word,
              f"{name}: the log keeps its grammar and ends with {word}",
              f"{log.problems[:5]} {log.verdict}")
    report.ok(log.find(f"screen: {screen}"), f"{name}: the log tells which screen it is",
              [e.text for e in log.entries if "screen:" in e.text])
    told = difference(raw, picture, read(FONT))
    report.ok(told is None, f"{name}: every pixel shows what the log says", told)
    told = difference(raw[:raw.rindex(b"verdict")] + b"verdict PASS\r\n", picture, read(FONT))
    report.ok(told and "expected: verdict PASS" in told, f"{name}: another verdict would be seen",
              told)
    return raw


def expect_busy(report, name, raw):
    """The run was long enough for its screen, and on a narrow one had lines that wrap."""
    description, lines = shown_lines(raw)
    screen = Screen(description)
    report.ok(len(lines) > 2 * screen.rows, f"{name}: the screen scrolled", len(lines))
    if screen.columns == NARROW:
        report.ok(any(len(line) > NARROW for line in lines), f"{name}: lines wrapped",
                  max(map(len, lines)))


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for name, firmware, append, screen, word in RUNS:
            absent = engine_missing("tcg", firmware)
            if absent:
                report.skip(f"screen: {name}", absent)
                continue
            raw = expect_picture(report, name, shoot(folder, KERNEL, firmware, append), screen, word)
            if raw and not append:
                expect_busy(report, name, raw)
        for mode, append in MODES:
            name = "framebuffer, {}x{}, {} bits".format(*mode)
            if engine_missing("tcg"):
                report.skip(f"screen: {name}", engine_missing("tcg"))
                continue
            kernel = os.path.join(folder, "plinth.elf")
            kernel_asking_for(mode, kernel)
            screen = "framebuffer address=0x[0-9a-f]+ width={} height={} bits={} ".format(*mode)
            raw = expect_picture(report, name, shoot(folder, kernel, "bios", append), screen,
                                 "NOVMX")
            if raw and not append:
                expect_busy(report, name, raw)
    report.done()


if __name__ == "__main__":
    main()
