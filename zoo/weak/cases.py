"""What a student finds, beside what its teachers find: above all the mentions that none of the teachers knew."""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from zoo.data.document import Document, Span
from zoo.data.textfile import writing

_AROUND = 60  # characters of text beside a mention
_MOST = 200  # cases of a kind in a page

LEARNT, LOST, SHARED, MISSED = "the student alone", "teachers alone", "both", "nobody"


class Case(NamedTuple):
    """A gold mention, and who found it.

    Args:
        document: Its document.
        span: The mention.
        score: The student's probability; ``None`` where it did not find it.
        teachers: What each teacher has there instead: spans that touch the mention.
        finders: ``the student alone``, ``teachers alone``, ``both`` or ``nobody``.
    """

    document: Document
    span: Span
    score: float | None
    teachers: tuple[tuple[Span, ...], ...]
    finders: str


def cases_of(
    gold: Sequence[Document], student: Sequence[Document], teachers: Sequence[Sequence[Document]]
) -> list[Case]:
    """Every gold mention with who found it, by fragments and label, in reading order.

    Args:
        gold: Documents whose mentions are known.
        student: The same as the student tagged them.
        teachers: The same as each teacher did.
    """
    found: list[Case] = []
    for true, own, *others in zip(gold, student, *teachers, strict=True):
        scores = {span.key: span.score for span in own.spans}
        keys = [{span.key for span in other.spans} for other in others]
        for span in sorted({span.key: span for span in true.spans}.values(), key=lambda span: span.key):
            by_student, by_teachers = span.key in scores, any(span.key in known for known in keys)
            finders = ((MISSED, LOST), (LEARNT, SHARED))[by_student][by_teachers]
            touching = tuple(
                tuple(each for each in other.spans if each.start < span.end and span.start < each.end)
                for other in others
            )
            found.append(Case(true, span, scores.get(span.key), touching, finders))
    return found


def write_page(cases: Sequence[Case], names: Sequence[str], path: Path, picture: Path | None = None) -> None:
    """Writes the cases as a web page: one file, everything escaped, no script.

    Args:
        cases: What to show.
        names: Of the teachers.
        path: The file.
        picture: A PNG of how alike the teachers are, to be shown above.
    """
    with writing(path) as file:
        file.writelines(_page(cases, names, picture))


def _page(cases: Sequence[Case], names: Sequence[str], picture: Path | None) -> Iterator[str]:
    counts = Counter(case.finders for case in cases)
    yield (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What the student learnt</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;"
        "padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;"
        "padding:.35rem .8rem .35rem 0;border-bottom:1px solid #8884}mark{background:#0072b233;color:inherit;"
        "box-shadow:inset 0 -2px #0072b2}small{opacity:.7}.n{text-align:right;font-variant-numeric:tabular-nums}"
        "img{max-width:100%;background:#fff}</style><h1>What the student learnt</h1>\n"
    )
    if picture:
        packed = base64.b64encode(picture.read_bytes()).decode()
        yield f'<img alt="Histogram of how alike the teachers are" src="data:image/png;base64,{packed}">\n'
    yield f"<h2>Who found the {len(cases):,} gold mentions</h2><table>"
    for finders in (SHARED, LEARNT, LOST, MISSED):
        share = 100 * counts[finders] / len(cases) if cases else 0.0
        yield f'<tr><td>{finders}<td class="n">{counts[finders]:,}<td class="n">{share:.1f} %\n'
    yield "</table>\n"
    for title, finders in (
        ("Found by the student, and by no teacher", LEARNT),
        ("Found by a teacher, and not by the student", LOST),
    ):
        chosen = [case for case in cases if case.finders == finders]
        heads = "".join(f"<th>{escape(name)}" for name in names)
        yield f"<h2>{title}: {len(chosen):,}</h2><table><tr><th>mention<th>p{heads}\n"
        yield from map(_row, chosen[:_MOST])
        yield "</table>\n"
        if len(chosen) > _MOST:
            yield f"<p>{len(chosen) - _MOST:,} more are not shown.\n"


def _row(case: Case) -> str:
    text, span = case.document.text, case.span
    before, after = text[max(0, span.start - _AROUND) : span.start], text[span.end : span.end + _AROUND]
    shown = f"{escape(before)}<mark>{escape(text[span.start : span.end])}</mark>{escape(after)}"
    score = "" if case.score is None else f"{case.score:.2f}"
    others = "".join(
        f"<td>{'<br>'.join(f'{escape(each.slice(text))} <small>{escape(each.label)}</small>' for each in spans) or '–'}"
        for spans in case.teachers
    )
    place = f"<small>{escape(case.document.id)} · {escape(span.label)}</small>"
    return f'<tr><td>{shown}<br>{place}<td class="n">{score}{others}\n'
