"""Do two systems make the same errors? Their spans one by one, with McNemar's test.

Source: McNemar (1947), Psychometrika 12.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from zoo.data.document import Document
from zoo.evaluation.significance import in_words
from zoo.evaluation.spans import paired

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two systems fare on the same spans.

    Args:
        both: Spans that both have.
        first: Spans that only the first system has.
        second: Spans that only the second system has.
        neither: Gold spans that neither has.

    Examples:
        >>> Agreement(both=90, first=8, second=1).p  # 2 × (1 + 9) / 2 ** 9
        0.0390625
    """

    both: int = 0
    first: int = 0
    second: int = 0
    neither: int = 0

    def __add__(self, other: "Agreement") -> "Agreement":
        mine, theirs = ((one.both, one.first, one.second, one.neither) for one in (self, other))
        return Agreement(*map(sum, zip(mine, theirs, strict=True)))

    @property
    def p(self) -> float:
        """McNemar's test, exact and two-sided: may only the first and only the second be equally many?

        It takes spans as independent, which those of one document are not:
        :func:`zoo.evaluation.significance.randomize` is the safer test.
        """
        from scipy.stats import binomtest

        apart = self.first + self.second
        return float(binomtest(self.first, apart).pvalue) if apart else 1.0


@dataclass(frozen=True)
class ErrorOverlap:
    """Whether two systems make the same errors, strictly: fragments and label count.

    Args:
        found: Gold spans by label: predicted by both systems, by one alone, by neither.
        spurious: False positives by label: of both systems, or of one alone.
    """

    found: dict[str, Agreement]
    spurious: dict[str, Agreement]

    def to_dict(self) -> dict[str, Any]:
        """JSON values by label and, under ``all``, over all labels."""
        sides = {"found": self.found, "spurious": self.spurious}
        return {
            side: {
                "labels": {label: asdict(each) | {"p": each.p} for label, each in by_label.items()},
                "all": asdict(total := sum(by_label.values(), Agreement())) | {"p": total.p},
            }
            for side, by_label in sides.items()
        }

    def render(self, first: str = "A", second: str = "B") -> "Table":
        """A table of one row per label, gold spans above false positives."""
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(f"{first} and {second}: the same spans?"))
        table.add_column("label")
        for heading in ("both", f"only {first}", f"only {second}", "neither", "p (McNemar)"):
            table.add_column(Text(heading), justify="right", overflow="fold")
        for side, by_label in (("gold spans found", self.found), ("false positives", self.spurious)):
            table.add_section()
            rows = [(f"  {label}", each) for label, each in by_label.items() if len(by_label) > 1]
            for name, each in [(side, sum(by_label.values(), Agreement())), *rows]:
                neither = str(each.neither) if by_label is self.found else ""
                table.add_row(Text(name), *map(str, (each.both, each.first, each.second)), neither, in_words(each.p))
        return table


def error_overlap(gold: Sequence[Document], first: Sequence[Document], second: Sequence[Document]) -> ErrorOverlap:
    """Compares the spans of two systems one by one.

    Args:
        gold: Documents with their true spans.
        first: The same documents, in the same order, with the spans of one system.
        second: The same documents with the spans of the other; ValueError if either are others.
    """
    found: dict[str, Agreement] = {}
    spurious: dict[str, Agreement] = {}
    for (true, one), (_, other) in zip(paired(gold, first), paired(gold, second), strict=True):
        keys, ours, theirs = ({span.key for span in document.spans} for document in (true, one, other))
        for key in keys | ours | theirs:
            mine, yours = key in ours, key in theirs
            each = Agreement(mine and yours, mine and not yours, yours and not mine, not (mine or yours))
            side = found if key in keys else spurious
            side[key[1]] = side.get(key[1], Agreement()) + each
    return ErrorOverlap(dict(sorted(found.items())), dict(sorted(spurious.items())))
