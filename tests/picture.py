"""Pictures of Plinth's screen: reading a screendump, writing a PNG, drawing what the screen should
show by the serial log, and finding where two pictures differ.

Nothing here is shared with the kernel but the font: kernel/output/text_grid.c, kernel/output/ega.c and
kernel/output/framebuffer.c are checked against it.
"""

import re
import struct
import zlib

GLYPH_WIDTH, GLYPH_HEIGHT = 8, 16
# The part of its rows by which a full screen scrolls at least.
SCROLL_PART = 8
# A framebuffer with more columns than this has its glyphs enlarged.
MOST_COLUMNS = 240
# Light grey as QEMU shows it. A palette has six bits a colour, 42 of 63, which QEMU moves up by two.
# It does the same with five bits, 20 of 31, but for 16 bits a pixel: there the upper bits of a field
# are repeated below it.
EGA_INK = b"\xa8\xa8\xa8"
FRAMEBUFFER_INK = {
    15: b"\xa0\xa0\xa0",
    16: b"\xa5\xaa\xa5",
    24: b"\xaa\xaa\xaa",
    32: b"\xaa\xaa\xaa",
}

SHOWN_FROM = re.compile(rb"\[\d+ \d+us c\d+\] info screen: (.*)")
EGA = re.compile(r"EGA text columns=(\d+) rows=(\d+)")
FRAMEBUFFER = re.compile(
    r"framebuffer address=0x[0-9a-f]+ width=(\d+) height=(\d+) bits=(\d+) columns=(\d+) rows=(\d+)")


class Picture:
    """Pixels: `rows` is a list of bytes, three for each pixel: red, green, blue."""

    def __init__(self, width, height, rows=None):
        self.width = width
        self.height = height
        self.rows = rows or [bytearray(3 * width) for _ in range(height)]

    def pixel(self, x, y):
        return bytes(self.rows[y][3 * x:3 * x + 3])

    def same(self, other):
        return (self.width, self.height, self.rows) == (other.width, other.height, other.rows)


def from_ppm(data):
    """Parses a binary PPM with eight bits a colour. ValueError for anything else."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if head is None:
        raise ValueError(f"not a PPM of eight bits a colour: {data[:16]!r}")
    width, height = int(head.group(1)), int(head.group(2))
    body = data[head.end():]
    if len(body) != 3 * width * height:
        raise ValueError(f"{len(body)} bytes for {width} by {height} pixels")
    pitch = 3 * width
    return Picture(width, height,
                   [bytearray(body[y * pitch:(y + 1) * pitch]) for y in range(height)])


def to_png(picture):
    """The picture as a PNG with a palette, one bit a pixel: it has at most two colours."""
    colours = sorted({picture.pixel(x, y) for y in range(picture.height)
                      for x in range(picture.width)})
    if len(colours) > 2:
        raise ValueError(f"{len(colours)} colours, where a screen of text has two")
    lines = []
    for y in range(picture.height):
        bits = "".join("1" if picture.pixel(x, y) == colours[-1] else "0"
                       for x in range(picture.width))
        bits += "0" * (-len(bits) % 8)
        lines.append(b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big"))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", picture.width, picture.height, 1, 3, 0, 0, 0))
            + chunk(b"PLTE", b"".join(colours))
            + chunk(b"IDAT", zlib.compress(b"".join(lines), 9))
            + chunk(b"IEND", b""))


class Screen:
    """A screen as the log's `screen:` line describes it: its size in pixels, the cells on it, the
    pixels of a cell, and the colours of ink and paper as a screendump shows them."""

    def __init__(self, text):
        ega, framebuffer = EGA.fullmatch(text), FRAMEBUFFER.fullmatch(text)
        self.paper = bytes(3)
        self.scale = 1
        if ega:
            self.columns, self.rows = int(ega.group(1)), int(ega.group(2))
            # Nine dots a character, the last one blank.
            self.cell_width = GLYPH_WIDTH + 1
            self.width = self.columns * self.cell_width
            self.height = self.rows * GLYPH_HEIGHT
            self.ink = EGA_INK
        elif framebuffer and int(framebuffer.group(3)) in FRAMEBUFFER_INK:
            self.width, self.height, bits, self.columns, self.rows = map(
                int, framebuffer.groups())
            self.scale = -(-(self.width // GLYPH_WIDTH) // MOST_COLUMNS)
            self.cell_width = GLYPH_WIDTH * self.scale
            self.ink = FRAMEBUFFER_INK[bits]
        else:
            raise ValueError(f"no screen that is known here: {text}")
        self.cell_height = GLYPH_HEIGHT * self.scale


def shown_lines(raw):
    """The `screen:` line's text and the lines of a serial log that were logged to the screen: that
    line and all after it. ValueError when there is none."""
    start = SHOWN_FROM.search(raw)
    if start is None:
        raise ValueError("the log has no line about a screen")
    lines = raw[start.start():].split(b"\r\n")[:-1]
    return start.group(1).decode("ascii").rstrip("\r"), [line.decode("ascii") for line in lines]


def cells(lines, columns, rows):
    """The rows of text that a screen shows after these lines, each `columns` long."""
    shown = []
    for line in lines:
        line = line[:columns * rows]
        parts = [line[i:i + columns] for i in range(0, len(line), columns)] or [""]
        overflow = len(shown) + len(parts) - rows
        if overflow > 0:
            del shown[:max(overflow, rows // SCROLL_PART)]
        shown += [part.ljust(columns) for part in parts]
    return shown + [" " * columns] * (rows - len(shown))


def draw(screen, text, font):
    """The picture of rows of text. `font` has 16 bytes for each of 256 glyphs."""
    picture = Picture(screen.width, screen.height)
    blank = screen.cell_width // screen.scale - GLYPH_WIDTH
    for row, line in enumerate(text):
        for y in range(GLYPH_HEIGHT):
            pixels = bytearray()
            for character in line:
                bits = font[ord(character) * GLYPH_HEIGHT + y]
                for x in range(GLYPH_WIDTH):
                    pixels += (screen.ink if bits & 0x80 >> x else screen.paper) * screen.scale
                pixels += screen.paper * blank
            for i in range(screen.scale):
                target = picture.rows[(row * GLYPH_HEIGHT + y) * screen.scale + i]
                target[:len(pixels)] = pixels
    return picture


def text_at(picture, screen, row, font):
    """A row of text read back from a picture; '\\x7f' where no glyph fits."""
    glyphs = {bytes(font[c * GLYPH_HEIGHT:(c + 1) * GLYPH_HEIGHT]): chr(c)
              for c in range(0x7e, 0x1f, -1)}
    read = ""
    for column in range(screen.columns):
        rows = []
        for y in range(GLYPH_HEIGHT):
            top = (row * GLYPH_HEIGHT + y) * screen.scale
            left = column * screen.cell_width
            rows.append(sum(0x80 >> x for x in range(GLYPH_WIDTH)
                            if picture.pixel(left + x * screen.scale, top) != screen.paper))
        read += glyphs.get(bytes(rows), "\x7f")
    return read.rstrip()


def difference(raw, picture, font):
    """None when every pixel of the picture is what the serial log says; else a few sentences about
    the first place where it is not."""
    try:
        description, lines = shown_lines(raw)
        screen = Screen(description)
    except ValueError as error:
        return str(error)
    if (picture.width, picture.height) != (screen.width, screen.height):
        return (f"the picture has {picture.width} by {picture.height} pixels, the log says "
                f"{screen.width} by {screen.height}")
    text = cells(lines, screen.columns, screen.rows)
    expected = draw(screen, text, font)
    for y in range(screen.height):
        if expected.rows[y] == picture.rows[y]:
            continue
        x = next(x for x in range(screen.width) if expected.pixel(x, y) != picture.pixel(x, y))
        row, column = y // screen.cell_height, x // screen.cell_width
        where = (f"pixel {x}, {y} is {picture.pixel(x, y).hex()}, not {expected.pixel(x, y).hex()}"
                 f": cell {column}, {row}")
        if row >= screen.rows or column >= screen.columns:
            return f"{where}, outside of the text"
        return (f"{where}\nexpected: {text[row].rstrip()}\n"
                f"seen:     {text_at(picture, screen, row, font)!r}")
    return None
