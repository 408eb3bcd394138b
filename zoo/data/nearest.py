"""The nearest valid name, for messages about an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest valid one, if one is near.

    Examples:
        >>> did_you_mean("pubtater", ["brat", "pubtator"])
        " Did you mean 'pubtator'?"
    """
    nearest = get_close_matches(name, valid, 1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
