"""Regular expressions over the text of a window, and the words they find."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from zoo.data.nearest import did_you_mean
from zoo.text.codec import Window

_CONTEXT = "mention"  # group that is the mention, the rest being its context


class Surface(NamedTuple):
    """A window's text.

    Args:
        text: Its words as written, with a blank for every other character between them.
        firsts: By the character that it begins at, each word.
        ends: By the character after its last, one past each word.
    """

    text: str
    firsts: dict[int, int]
    ends: dict[int, int]

    @classmethod
    def of(cls, window: Window) -> Self:
        """The text of a window that has words."""
        origin = reached = window.offsets[0][0]
        parts: list[str] = []
        for form, (start, end) in zip(window.forms, window.offsets, strict=True):
            parts += [" " * (start - reached), form]
            reached = end
        firsts = {start - origin: place for place, (start, _) in enumerate(window.offsets)}
        ends = {end - origin: place + 1 for place, (_, end) in enumerate(window.offsets)}
        return cls("".join(parts), firsts, ends)


class Pattern(NamedTuple):
    """A regular expression for mentions of a label.

    Args:
        label: None: what it finds is no mention.
        expression: What it finds, or its group ``mention`` where it has one, is the mention.
    """

    label: str | None
    expression: re.Pattern[str]

    @classmethod
    def of(cls, place: int, entry: Mapping[str, str], labels: Sequence[str]) -> Self:
        """Compiles one of a recipe's patterns.

        Args:
            place: Its number, for messages.
            entry: ``pattern`` and, unless it excludes, ``label``.
            labels: The known ones.

        Raises:
            ValueError: If it has other keys or an unknown label, or is no regular expression.

        Examples:
            >>> Pattern.of(0, {"pattern": "a(b"}, ["Drug"])
            Traceback (most recent call last):
            ValueError: patterns[0]: expected a regular expression but got 'a(b': missing ), unterminated subpattern
            at character 1; correct it there.
        """
        where, label = f"patterns[{place}]", entry.get("label")
        if "pattern" not in entry or not {"pattern", "label"}.issuperset(entry):
            raise ValueError(
                f"{where}: expected the keys pattern and, unless it excludes, label but got {dict(entry)}."
            )
        if label is not None and label not in labels:
            hint = did_you_mean(label, labels)
            raise ValueError(f"{where}: expected a label out of {', '.join(labels)} but got {label!r}.{hint}")
        try:
            return cls(label, re.compile(entry["pattern"]))
        except re.error as error:
            wrong = f"{where}: expected a regular expression but got {entry['pattern']!r}: {error.msg}"
            raise ValueError(f"{wrong} at character {error.pos}; correct it there.") from error

    @property
    def goes_first(self) -> bool:
        """Whether it decides against a dictionary: what excludes, and what looks at the context."""
        return self.label is None or _CONTEXT in self.expression.groupindex

    def matches(self, surface: Surface) -> Iterator[tuple[int, int]]:
        """What it finds as (first word, one past the last); what does not begin and end with words is left out."""
        group = _CONTEXT if _CONTEXT in self.expression.groupindex else 0
        for match in self.expression.finditer(surface.text):
            first, end = surface.firsts.get(match.start(group), -1), surface.ends.get(match.end(group), -1)
            if 0 <= first < end:
                yield first, end
