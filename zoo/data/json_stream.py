"""JSON, strictly; and piece by piece, so that a list of many documents is never in memory as a whole."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from zoo.data.document import DataFormatError

_WHITE_SPACE = re.compile(r"[ \t\r\n]*")
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_TAIL = 2  # characters after a whole number that with others to come may still be of it: `e+`
_LONGEST_TOKEN = 16  # an escape, a literal or a number's beginning that the end of the buffer may have cut


class StrictDecoder(json.JSONDecoder):
    """Refuses, as well as what is no JSON, what JSON's letter lets pass but no reader can take for good.

    These are a key given twice in one object, of which one would be lost; half a surrogate pair, which no UTF-8 file
    can hold; and lists or objects deeper within each other than Python can go. Each is a ValueError.

    Examples:
        >>> StrictDecoder().decode('{"id": "1", "id": "2"}')
        Traceback (most recent call last):
        ValueError: key 'id' occurs twice in an object
    """

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)

    def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
        """The value that begins at ``idx``, and where it ends; so :meth:`decode` calls it."""
        try:
            value, end = super().raw_decode(s, idx)
            if _HALF_PAIR.search(s, idx, end):
                json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half a surrogate pair ({error.object[error.start]!r}) in a string") from error
        except RecursionError as error:
            raise ValueError("lists or objects within each other, too deep to read") from error
        return value, end


def shown(value: object) -> str:
    """A value for a message; what may be large or deep only by its kind."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    return repr(value)[:60]


class JsonStream:
    r"""JSON values, one after another, out of pieces of UTF-8 text.

    Values are decoded whole (:meth:`value`), as strictly as by :class:`StrictDecoder`; lists and objects also part by
    part (:meth:`items`, :meth:`members`), where each part must be taken before the next is asked for.

    Args:
        pieces: The bytes of the file.
        source: Its name, for messages.

    Examples:
        >>> stream = JsonStream([b'{"documents": [{"id"', b': 1}, {"id": 2}]}'], "example")
        >>> [stream.value() for key in stream.members() for _ in stream.items()]
        [{'id': 1}, {'id': 2}]
    """

    def __init__(self, pieces: Iterable[bytes], source: str) -> None:
        self.source = source
        self.line = 1
        self._pieces = iter(pieces)
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._is_complete = False
        self._buffer = ""
        self._position = 0
        self._decoder = StrictDecoder()

    def error(self, message: str, position: int | None = None) -> DataFormatError:
        """What to raise for the place where reading is, or a place in the buffer."""
        line = self.line + (0 if position is None else self._buffer.count("\n", self._position, position))
        return DataFormatError(self.source, line, message)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            self._advance(_end_of_white_space(self._buffer, self._position))
            if self._position < len(self._buffer) or self._is_complete:
                return self._buffer[self._position : self._position + 1]
            self._read_more()

    @property
    def next_line(self) -> int:
        """The line of what comes next, from 1."""
        self.peek()
        return self.line

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if self._is_complete or not self._may_be_cut(error):
                    raise self._malformed(error) from error
            except ValueError as error:
                raise self.error(f"{error} — correct it.") from error
            else:
                is_number = self._buffer[self._position] in "-0123456789"
                if not is_number or end < len(self._buffer) - _LONGEST_TAIL or self._is_complete:
                    self._advance(end)
                    return value
            self._read_more()

    def items(self) -> Iterator[None]:
        """Goes through a list: each time, the next item is there to be taken."""
        self._take("[")
        if self.peek() != "]":
            yield
            while self.peek() == ",":
                self._take(",")
                yield
        self._take("]")

    def members(self) -> Iterator[str]:
        """Goes through an object: each time, a key, whose value is there to be taken."""
        keys: set[str] = set()
        self._take("{")
        while self.peek() != "}":
            if keys:
                self._take(",")
            if self.peek() != '"':
                raise self.error(f"{self.peek()!r} — expected a key in double quotes — correct it.")
            key = self.value()
            if key in keys:
                raise self.error(f"key {key[:40]!r} occurs twice — expected each once in an object.")
            keys.add(key)
            self._take(":")
            yield key
        self._take("}")

    def _take(self, character: str) -> None:
        found = self.peek()
        if found != character:
            has = repr(found) if found else "the end of the file"
            raise self.error(f"{has} — expected {character!r} — correct it, or check that the file is whole.")
        self._advance(self._position + 1)

    def _advance(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._position, end)
        self._position = end

    def _read_more(self) -> None:
        """At least doubles what is unread, so that a long value is not decoded again for every piece of it."""
        unread = self._buffer[self._position :]
        parts, size = [unread], 0
        while not self._is_complete and (not size or size < len(unread)):
            piece = next(self._pieces, None)
            self._is_complete = piece is None
            try:
                parts.append(self._utf8.decode(piece or b"", final=piece is None))
            except UnicodeDecodeError as error:
                line = self.line + "".join(parts).count("\n") + error.object.count(b"\n", 0, error.start)
                message = f"{error.reason} — expected UTF-8 text — convert the file (iconv -t UTF-8)."
                raise DataFormatError(self.source, line, message) from error
            size += len(parts[-1])
        self._buffer, self._position = "".join(parts), 0

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos > len(self._buffer) - _LONGEST_TOKEN

    def _malformed(self, error: json.JSONDecodeError) -> DataFormatError:
        near = self._buffer[error.pos : error.pos + 20]
        where = f"at {near!r}" if near else "at the end of the file"
        why = error.msg.removesuffix(" at")
        message = f"no JSON ({why}) {where} — correct it, or check that the file is whole."
        return self.error(message, error.pos)


def _end_of_white_space(text: str, start: int) -> int:
    found = _WHITE_SPACE.match(text, start)
    return found.end() if found else start


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice[:40]!r} occurs twice in an object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
