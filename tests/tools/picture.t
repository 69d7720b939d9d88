#!/usr/bin/env python3
"""Unit tests of tests/picture.py: a right picture is accepted, and one that differs by a single
pixel, cell, row or size is not."""

import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from picture import (Picture, Screen, cells, difference, draw, from_ppm, shown_lines,  # noqa: E402
                     text_at, to_png)
from plinth import Report  # noqa: E402

# Glyphs that differ for every character and use all of the cell; a blank stays blank.
FONT = bytes(0 if c == 32 else (c * 37 + y * 11 + 1) & 0xff for c in range(256) for y in range(16))

EGA = "EGA text columns=80 rows=25"
SMALL = "framebuffer address=0x80000000 width=330 height=100 bits={} columns=41 rows=6"
LARGE = "framebuffer address=0x80000000 width=3840 height=100 bits=32 columns=240 rows=3"


def log(screen, lines):
    first = ["[1 1us c0] info boot: not shown", f"[2 2us c0] info screen: {screen}"]
    return "".join(f"{line}\r\n" for line in first + lines).encode()


def right(raw):
    """The picture that belongs to a log, as a PPM read back."""
    description, lines = shown_lines(raw)
    screen = Screen(description)
    picture = draw(screen, cells(lines, screen.columns, screen.rows), FONT)
    head = f"P6\n{picture.width} {picture.height}\n255\n".encode()
    return from_ppm(head + b"".join(picture.rows))


def altered(picture, x, y):
    rows = [bytearray(row) for row in picture.rows]
    rows[y][3 * x] ^= 1
    return Picture(picture.width, picture.height, rows)


def check_cells(report):
    report.ok(cells(["abcde", "", "f"], 4, 5) == ["abcd", "e   ", "    ", "f   ", "    "],
              "lines wrap, an empty one takes a row")
    report.ok(cells(list("abcd"), 2, 3) == ["b ", "c ", "d "], "a small screen scrolls by a row")
    many = cells([str(i) for i in range(17)], 2, 16)
    report.ok(many[0] == "2 " and many[14] == "16" and many[15] == "  ",
              "a larger one scrolls by an eighth", many)
    report.ok(cells(["x", "abcdefghij"], 2, 3) == ["ab", "cd", "ef"],
              "of a line longer than the screen the start is shown")


def check_pictures(report, name, screen):
    raw = log(screen, [f"[{i} 5us c0] info boot: line {i} " + "x" * i for i in range(3, 70)])
    picture = right(raw)
    shape = Screen(screen)
    report.ok(difference(raw, picture, FONT) is None, f"{name}: the right picture is accepted",
              difference(raw, picture, FONT))
    wrong = [(x, y) for x, y in ((0, 0), (picture.width - 1, 0), (0, picture.height - 1),
                                 (picture.width - 1, picture.height - 1),
                                 (picture.width // 2, picture.height // 2))
             if not difference(raw, altered(picture, x, y), FONT)]
    report.ok(not wrong, f"{name}: one wrong bit of one pixel is found", wrong)
    told = difference(raw.replace(b"line 69", b"line 68"), picture, FONT)
    report.ok(told and "expected:" in told and "line 68" in told and "line 69" in told,
              f"{name}: a wrong character is told with its line", told)
    report.ok(difference(raw[:raw.rindex(b"[")], picture, FONT),
              f"{name}: a screen that is a line ahead is found")
    smaller = Picture(picture.width, picture.height - 1, picture.rows[:-1])
    report.ok("pixels, the log says" in (difference(raw, smaller, FONT) or ""),
              f"{name}: a picture of another size is found")
    _, lines = shown_lines(raw)
    report.ok(text_at(picture, shape, 0, FONT) == cells(lines, shape.columns, shape.rows)[0].rstrip(),
              f"{name}: text is read back")


def check_colours(report):
    report.ok("no screen that is known" in difference(log(SMALL.format(8), ["text"]), None, FONT),
              "a depth that is not known is refused")
    raw = log(SMALL.format(16), ["text"])
    report.ok(difference(log(SMALL.format(32), ["text"]), right(raw), FONT),
              "ink of another depth is found")


def check_formats(report):
    for name, data in (("another kind", b"P5\n1 1\n255\n\0\0\0"), ("16 bits", b"P6\n1 1\n65535\n"),
                       ("cut short", b"P6\n2 1\n255\n\0\0\0"), ("empty", b"")):
        try:
            from_ppm(data)
            report.ok(False, f"a PPM that is wrong: {name}")
        except ValueError:
            report.ok(True, f"a PPM that is wrong: {name}")
    report.ok("no line about a screen" in difference(b"[1 1us c0] info boot: x\r\n", None, FONT),
              "a log without a screen")
    picture = right(log(SMALL.format(32), ["text"]))
    png = to_png(picture)
    at, chunks = 8, {}
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        chunks[kind] = png[at + 8:at + 8 + length]
        crc, = struct.unpack(">I", png[at + 8 + length:at + 12 + length])
        report.ok(crc == zlib.crc32(kind + chunks[kind]), f"PNG: the sum of {kind.decode()}")
        at += 12 + length
    pixels = zlib.decompress(chunks[b"IDAT"])
    pitch = 1 + -(-picture.width // 8)
    wrong = [(x, y) for y in range(picture.height) for x in range(picture.width)
             if chunks[b"PLTE"][3 * (pixels[y * pitch + 1 + x // 8] >> (7 - x % 8) & 1):][:3]
             != picture.pixel(x, y)]
    report.ok(not wrong and len(pixels) == pitch * picture.height, "PNG: every pixel", wrong[:3])


def main():
    report = Report()
    check_cells(report)
    for name, screen in (("EGA", EGA), ("framebuffer", SMALL.format(32)),
                         ("16 bits", SMALL.format(16)), ("enlarged", LARGE)):
        check_pictures(report, name, screen)
    check_colours(report)
    check_formats(report)
    report.done()


if __name__ == "__main__":
    main()
