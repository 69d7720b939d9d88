"""Addresses of a Linux kernel's symbols, read from the table that the kernel itself keeps of them
(kallsyms), for kernels whose package has no symbols. The layout is that of Linux 6.1:

    offsets (u32 each, from relative_base), relative_base (u64), number of symbols (u32),
    names, markers (u32), what later versions add, token table, token index (256 u16)

each aligned to 8 bytes. A name is a length and as many indices into the token table; the first
character of a name is the type of its symbol."""

import re
import struct

TOKENS = 256


class Elf:
    """The loaded parts of a 64-bit ELF file, by address."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        start, = struct.unpack_from("<Q", self.data, 0x20)
        size, count = struct.unpack_from("<HH", self.data, 0x36)
        self.parts = []
        for number in range(count):
            kind, _flags, offset, address, _physical, length = struct.unpack_from(
                "<IIQQQQ", self.data, start + number * size)
            if kind == 1:
                self.parts.append((offset, address, length))

    def address(self, offset):
        """The virtual address of what lies at an offset of the file, or None."""
        for start, address, length in self.parts:
            if start <= offset < start + length:
                return offset - start + address
        return None


def _token_index(data):
    """Offsets into the file of the token table and of the index behind it. The tokens of the digits
    are the digits themselves, in most kernels: they stand side by side."""
    for match in re.finditer(rb"0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00", data):
        # Back to token 0, over the 48 tokens before that of "0".
        at = match.start()
        for _ in range(ord("0")):
            at = data.rfind(b"\0", 0, at - 1) + 1
        end, offsets = at, []
        for _ in range(TOKENS):
            offsets.append(end - at)
            end = data.index(b"\0", end) + 1
        index = (end + 7) & ~7
        for start in (index, end):
            if data[start:start + 2 * TOKENS] == struct.pack(f"<{TOKENS}H", *offsets):
                return at, start
    raise ValueError("the kernel has no table of symbols")


def _names(data, start, count, tokens):
    """The names, and where the last one ends."""
    names, at = [], start
    for _ in range(count):
        length = data[at]
        at += 1
        if length & 0x80:
            length = (length & 0x7f) | data[at] << 7
            at += 1
        names.append(b"".join(tokens[t] for t in data[at:at + length]).decode("latin-1"))
        at += length
    return names


def _over(data, start, count):
    """Where the names of so many symbols end."""
    at = start
    for _ in range(count):
        length = data[at]
        at += 1
        if length & 0x80:
            length = (length & 0x7f) | data[at] << 7
            at += 1
        at += length
    return at


def _count_before(data, table):
    """Where the count of symbols stands, and what it is: names follow 8 bytes behind it, and behind
    them the markers, which say where every 256th of them begins."""
    for at in range((table & ~7) - 8, 0, -8):
        count, zero = struct.unpack_from("<II", data, at)
        if zero or not 10000 < count < 1000000 or not 1 < data[at + 8] < 0x80:
            continue
        second = _over(data, at + 8, 256)
        if second < table:
            end = _over(data, second, count - 256) if second + count < table else table
            markers = (end + 7) & ~7
            if end < table and struct.unpack_from("<II", data, markers) == (0, second - at - 8):
                return at, count
    raise ValueError("the kernel's table of symbols is none that is known here")


def linux_symbols(path):
    """Names and addresses of the kernel in an ELF file."""
    elf = Elf(path)
    data = elf.data
    table, index = _token_index(data)
    offsets = struct.unpack_from(f"<{TOKENS}H", data, index)
    tokens = [data[table + o:data.index(b"\0", table + o)] for o in offsets]
    at, count = _count_before(data, table)
    base, = struct.unpack_from("<Q", data, at - 8)
    first = (at - 8 - 4 * count) & ~7
    found = {}
    for number, name in enumerate(_names(data, at + 8, count, tokens)):
        offset, = struct.unpack_from("<i", data, first + 4 * number)
        # Negative ones count from the base, positive ones are of per-CPU data.
        found[name[1:]] = base - 1 - offset if offset < 0 else offset
    return found
