"""Ways to damage a file, all drawn from one seeded generator so that every damaged file can be made again."""

import random
import re
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBER = re.compile(rb"\d+")
_SPECIAL = [
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\t",
    b" ",
    b"|",
    b";",
    b"<",
    b"&",
    b"]]>",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"[" * 100_000,
    b"-",
    "\u2028".encode(),
    "\u00a0".encode(),
    "💉".encode(),
    "e\u0301".encode(),
    b"\xed\xa0\x80",  # a surrogate
    b"NaN",
    b"null",
    b"1e999",
    b"O",
    b"B-",
    b"I-X",
]
_NUMBERS = [b"0", b"-1", b"1", b"007", b"2147483648", b"9" * 30, b"9" * 5000, b"1.5", b"1e3", "٣".encode(), b""]


def truncate(data: bytes, draw: random.Random) -> bytes:
    """Cuts the end off."""
    return data[: draw.randrange(len(data) + 1)]


def behead(data: bytes, draw: random.Random) -> bytes:
    """Cuts the beginning off."""
    return data[draw.randrange(len(data) + 1) :]


def flip(data: bytes, draw: random.Random) -> bytes:
    """Changes single bytes."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def insert(data: bytes, draw: random.Random) -> bytes:
    """Puts bytes in that some format has a use for."""
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice(_SPECIAL) + data[at:]


def cut_out(data: bytes, draw: random.Random) -> bytes:
    """Takes a stretch out."""
    start = draw.randrange(len(data) + 1)
    return data[:start] + data[start + draw.choice((1, 2, 5, 40)) :]


def renumber(data: bytes, draw: random.Random) -> bytes:
    """Changes one number: an offset by a little, or to something no offset is."""
    numbers = list(_NUMBER.finditer(data))
    if not numbers:
        return data
    number = draw.choice(numbers)
    value = int(number[0]) if len(number[0]) < 20 else 0
    new = draw.choice([*_NUMBERS, *(b"%d" % max(value + step, 0) for step in (-2, -1, 1, 2, 7, 1000))])
    return data[: number.start()] + new + data[number.end() :]


def move_lines(data: bytes, draw: random.Random) -> bytes:
    """Takes out, doubles, swaps or shuffles lines."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    what = draw.randrange(5)
    if what == 0:
        del lines[one]
    elif what == 1:
        lines.insert(other, lines[one])
    elif what == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif what == 3:
        lines.insert(other, b"\n")
    else:
        draw.shuffle(lines)
    return b"".join(lines)


def move_columns(data: bytes, draw: random.Random) -> bytes:
    """Takes out, doubles or empties one column of one line."""
    lines = data.splitlines(keepends=True)
    with_tabs = [at for at, line in enumerate(lines) if b"\t" in line or b"|" in line]
    if not with_tabs:
        return data
    at = draw.choice(with_tabs)
    separator = b"\t" if b"\t" in lines[at] else b"|"
    columns = lines[at].split(separator)
    column = draw.randrange(len(columns))
    what = draw.randrange(3)
    if what == 0:
        del columns[column]
    elif what == 1:
        columns.insert(column, columns[column])
    else:
        columns[column] = b""
    lines[at] = separator.join(columns)
    return b"".join(lines)


def line_ends(data: bytes, draw: random.Random) -> bytes:
    """Writes all line ends another way, or none at all."""
    return data.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b" ", "\u2028".encode())))


MUTATIONS: tuple[Mutation, ...] = (
    truncate,
    behead,
    flip,
    insert,
    cut_out,
    renumber,
    renumber,
    move_lines,
    move_columns,
    line_ends,
)


def damaged(data: bytes, draw: random.Random) -> bytes:
    """A file damaged in one to three ways."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        data = draw.choice(MUTATIONS)(data, draw)
    return data
