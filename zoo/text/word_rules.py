"""What rules for words have in common in any language: lists, shapes and endings."""

import unicodedata
from collections.abc import Mapping

_SYMBOLS = frozenset("%*&#§@†‡ºª")  # besides those that Unicode calls symbols: + = < ° $ → and emoji
_SHORTEST_STEM = 2


def listed(lists: Mapping[str, str]) -> dict[str, str]:
    """Turns lists around: what stands in a list → its name.

    Raises:
        ValueError: If something stands in two lists.

    Examples:
        >>> listed({"DET": "a the", "CCONJ": "and"})
        {'a': 'DET', 'the': 'DET', 'and': 'CCONJ'}
    """
    turned: dict[str, str] = {}
    for name, entries in lists.items():
        for entry in entries.split():
            if turned.setdefault(entry, name) != name:
                raise ValueError(f"Expected {entry!r} in one list but got it in {turned[entry]} and {name}.")
    return turned


def class_without_letters(form: str) -> str | None:
    """UPOS tag of a number, symbol or punctuation mark; ``None`` for what has a letter.

    Examples:
        >>> [class_without_letters(form) for form in ("3.5", "%", "(", "p53")]
        ['NUM', 'SYM', 'PUNCT', None]
    """
    if any(map(str.isalpha, form)):
        return None
    if any(map(str.isdigit, form)):
        return "NUM"
    return "SYM" if form[0] in _SYMBOLS or unicodedata.category(form[0])[0] == "S" else "PUNCT"


def is_name_like(form: str) -> bool:
    """Whether a form has a digit, or a capital after its first letter: ``p53``, ``DNA``, ``mRNA``."""
    return any(map(str.isdigit, form)) or any(map(str.isupper, form[1:]))


def class_by_ending(word: str, endings: Mapping[str, str], otherwise: str) -> str:
    """UPOS tag of the longest ending that a word has, with at least two letters before it.

    Args:
        word: In lower case.
        endings: Their tags.
        otherwise: The tag of a word with none of them.
    """
    for start in range(_SHORTEST_STEM, len(word)):
        if word[start:] in endings:
            return endings[word[start:]]
    return otherwise
