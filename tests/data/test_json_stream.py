"""JSON read piece by piece."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.strategies import quick
from zoo.data.document import DataFormatError
from zoo.data.json_stream import JsonStream

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab💉\u2028", max_size=3), inner, max_size=3),
    max_leaves=9,
)  # fmt: skip


def stream(text: str | bytes, size: int = 1 << 16) -> JsonStream:
    raw = text if isinstance(text, bytes) else text.encode()
    return JsonStream((raw[start : start + size] for start in range(0, len(raw), size)), "f")


def walked(part: JsonStream) -> Any:
    """A value taken part by part."""
    if part.peek() == "[":
        return [walked(part) for _ in part.items()]
    if part.peek() == "{":
        return {key: walked(part) for key in part.members()}
    return part.value()


@given(st.lists(values, min_size=1, max_size=3), st.integers(1, 9), st.booleans(), st.sampled_from([None, 1]))
@quick
def test_as_the_standard_library_reads_it(found: list[Any], size: int, is_ascii: bool, indent: int | None) -> None:
    text = "\r\n\t ".join(json.dumps(value, ensure_ascii=is_ascii, indent=indent) for value in found)
    for take in (JsonStream.value, walked):
        part = stream(text, size)
        assert [take(part) for _ in found] == found
        assert (part.peek(), part.line) == ("", 1 + text.count("\n"))


def test_parts_are_read_only_when_they_are_asked_for() -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"a": [1, 2'
        yield b", 3"
        raise AssertionError("two items are whole without the rest")

    part = JsonStream(pieces(), "f")
    found = (part.value() for _ in part.members() for _ in part.items())
    assert list(islice(found, 2)) == [1, 2]


BAD = [
    ("", "1: no JSON (Expecting value) at the end of the file — correct it, or check that the file is whole."),
    ('\n\n{"a":\n nul', "4: no JSON (Expecting value) at 'nul'"),
    ('"abc', "1: no JSON (Unterminated string starting) at '\"abc'"),
    ('{"a": 1 "b": 2}' + " " * 99, "1: no JSON (Expecting ',' delimiter) at '\"b\": 2}"),
    ('"a\n"', "1: no JSON (Invalid control character) at"),
    (r'"\ud8"', "1: no JSON (Invalid \\uXXXX escape) at"),
    (r'{"a": "\ud800"}', "1: half a surrogate pair ('\\ud800') in a string — correct it."),
    (r'{"\udfff": 1}', "1: half a surrogate pair ('\\udfff')"),
    ("[NaN]", "1: NaN is no JSON value — correct it."),
    ("-Infinity", "1: -Infinity is no JSON value"),
    ("9" * 5_000, "1: Exceeds the limit (4300 digits) for integer string conversion"),
    ('[{"a": 1, "b": 2, "a": 3}]', "1: key 'a' occurs twice in an object — correct it."),
    ("[" * 100_000, "1: lists or objects within each other, too deep to read — correct it."),
    ('{"a":' * 100_000, "1: lists or objects within each other, too deep to read — correct it."),
    (b"\n\n\xff", "3: invalid start byte — expected UTF-8 text — convert the file (iconv -t UTF-8)."),
    (b'"\xf0\x9f\x92', "1: unexpected end of data — expected UTF-8 text"),
    ("[]".encode("utf-16"), "1: invalid start byte"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message[:40] for _, message in BAD])
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_bad_values(text: str | bytes, message: str, size: int) -> None:
    part = stream(text[:9_999], size)
    with pytest.raises(DataFormatError) as caught:
        part.value()
    assert str(caught.value).startswith(f"f:{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "f:1: '1' — expected '{' — correct it, or check that the file is whole."),
        ('{"a": 1\n "b": 2}', "f:2: '\"' — expected ','"),
        ('{"a"\n 1}', "f:2: '1' — expected ':'"),
        ('{"a": 1,}', "f:1: '}' — expected a key in double quotes — correct it."),
        ("{1: 2}", "f:1: '1' — expected a key in double quotes"),
        ('{"a": 1,\n"a": 2}', "f:2: key 'a' occurs twice — expected each once in an object."),
        ('{"a": 1', "f:1: the end of the file — expected ','"),
        ('{"a": [1', "f:1: the end of the file — expected ']'"),
        ('{"a": [1\n2]}', "f:2: '2' — expected ']'"),
        ('{"a": [1,]}', "f:1: no JSON (Expecting value) at ']}'"),
        ('{"a": [,1]}', "f:1: no JSON (Expecting value) at ',1]}'"),
    ],
)
def test_bad_parts(text: str, message: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        {key: walked(part) for part in [stream(text)] for key in part.members()}
    assert str(caught.value).startswith(message)


def test_long_values_in_small_pieces_take_linear_time() -> None:
    """A value is tried again only when twice as much of it is there: otherwise this would take minutes."""
    text = json.dumps(["word " * 20] * 20_000)
    assert len(stream(text, 256).value()) == 20_000
