"""A web page that shows documents with their entities in colour: one file, nothing fetched, everything escaped.

It can only be written. The page works without scripts; with them, labels can be switched off and documents filtered.
Its content security policy lets only its own script run, so that markup in a text stays text in every browser.

Source: the colours are those of Okabe & Ito (2008), which people with colour vision deficiencies can tell apart.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from zoo.data.document import Document, Span
from zoo.data.textfile import writing

_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b8a900", "#8c8c8c")

_STYLE = """
:root { color-scheme: light dark; --paper: #f6f5f1; --card: #fff; --ink: #1d1d1b; --soft: #5d5b55; --line: #dddad2;
  --tint: 20%; --serif: Charter, "Bitstream Charter", "Iowan Old Style", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #161719; --card: #1f2023; --ink: #e9e7e1; --soft: #a5a29a;
  --line: #37383c; --tint: 36%; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 var(--sans); }
header, main { max-width: 54rem; margin: 0 auto; padding: 0 1.25rem; }
h1 { font: 600 1.5rem/1.2 var(--sans); letter-spacing: -.01em; margin: 2.2rem 0 .2rem; }
.sum { color: var(--soft); margin: 0; }
.bar { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); }
.bar > div { max-width: 54rem; margin: 0 auto; padding: .8rem 1.25rem; display: flex; flex-wrap: wrap; gap: .5rem; }
.bar label { display: inline-flex; align-items: center; gap: .45rem; padding: .2rem .7rem .2rem .5rem; cursor: pointer;
  border: 1px solid var(--line); border-radius: 99px; background: var(--card); font-size: .87rem; }
.bar label:has(input:not(:checked)) { opacity: .6; }
.bar label:focus-within, #filter:focus-visible, summary:focus-visible { outline: 2px solid #0072b2;
  outline-offset: 2px; }
.bar input[type=checkbox] { accent-color: var(--c); margin: 0; width: .95rem; height: .95rem; }
.bar b { font-weight: 600; } .bar i { font-style: normal; color: var(--soft); font-variant-numeric: tabular-nums; }
.dot { width: .75rem; height: .75rem; border-radius: 50%; background: var(--c); }
#filter { flex: 1 1 11rem; min-width: 9rem; padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 99px;
  background: var(--card); color: inherit; font: inherit; font-size: .87rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.4rem .9rem;
  margin: 1.1rem 0; content-visibility: auto; contain-intrinsic-size: auto 18rem; overflow-wrap: anywhere; }
article[hidden] { display: none; }
h2 { display: flex; justify-content: space-between; gap: 1rem; margin: 0 0 .5rem; color: var(--soft);
  font: 600 .8rem/1.4 var(--sans); letter-spacing: .03em; }
h2 small { font-size: inherit; font-weight: 400; white-space: nowrap; }
.text { font: 1.08rem/1.95 var(--serif); white-space: pre-wrap; unicode-bidi: plaintext; margin: 0; tab-size: 4; }
.title { display: block; font-weight: 700; font-size: 1.18rem; line-height: 1.8; }
mark { color: inherit; border-radius: 4px; padding: .1em .22em .16em; unicode-bidi: isolate;
  background: color-mix(in srgb, var(--c) var(--tint), transparent); box-shadow: inset 0 -2px 0 var(--c);
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark.part { background: color-mix(in srgb, var(--c) 12%, transparent); box-shadow: none;
  border-bottom: 2px dashed var(--c); }
mark:has(mark) { padding-bottom: .36em; } mark mark { padding-bottom: .02em; }
mark > .tag { font: 600 .64rem/1 var(--sans); letter-spacing: .02em; margin-left: .4em;
  color: color-mix(in srgb, var(--ink) 78%, transparent); white-space: nowrap; user-select: none;
  vertical-align: .08em; }
mark.off { background: none; box-shadow: none; border: 0; padding: 0; }
mark.off > .tag, tr.off, li.off { display: none; }
.also { margin: .7rem 0 0; padding: .5rem 0 0 1.1rem; border-top: 1px dotted var(--line); font-size: .87rem; }
.also::before { content: "Overlapping what is marked above"; color: var(--soft); margin-left: -1.1rem; }
details { margin-top: .8rem; font-size: .87rem; } summary { cursor: pointer; color: var(--soft); width: max-content; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin-top: .4rem; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } .n { font-variant-numeric: tabular-nums; white-space: nowrap; }
td .dot { display: inline-block; width: .6rem; height: .6rem; margin-right: .4rem; }
@media print { .bar { position: static; } article { break-inside: avoid; } }
"""

_SCRIPT = """
const articles = [...document.querySelectorAll('article')].map(a => [a, a.textContent.toLowerCase()]);
const filter = document.getElementById('filter'), shown = document.getElementById('shown');
filter.addEventListener('input', () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const [article, text] of articles) article.hidden = !text.includes(wanted);
  const count = articles.filter(([article]) => !article.hidden).length;
  shown.textContent = wanted ? count + ' of ' + articles.length + ' documents shown' : '';
});
for (const box of document.querySelectorAll('input[data-label]')) {
  const show = () => document.querySelectorAll('main .l' + box.dataset.label)
    .forEach(element => element.classList.toggle('off', !box.checked));
  box.addEventListener('change', show);
  show();
}
"""


def write(documents: Iterable[Document], path: str | Path) -> Counter[str]:
    """Writes one page; ``-`` is standard output.

    Nested spans are shown as nested marks. Of spans that cross, the one that begins first (the longer of two) is
    marked and the others are listed below the text. The fragments of a discontinuous span are marked with a dashed
    line and numbered, as ``Disease 1/2``.

    Args:
        documents: What to show; all are held in memory, as the page will be.
        path: The file.

    Returns:
        What is not shown, counted: ``relation``, ``alternative``, and ``passage`` (other than title and abstract).
    """
    shown = list(documents)
    counts = Counter(span.label for document in shown for span in document.spans)
    # The most frequent label first; a colour that comes round again still has its label's name beside it.
    indices = {label: index for index, (label, _) in enumerate(counts.most_common())}
    with writing(path) as file:
        file.writelines(_page(shown, counts, indices))
    return +sum(map(_unshown, shown), Counter[str]())


def _unshown(document: Document) -> Counter[str]:
    return Counter(
        {
            "relation": len(document.relations),
            "alternative": len(document.alternatives),
            "passage": sum(passage.kind not in ("title", "abstract") for passage in document.passages),
        }
    )


def _escaped(text: object) -> str:
    return escape(str(text)).replace("\0", "\ufffd")  # HTML cannot hold U+0000


def _page(documents: Sequence[Document], counts: Mapping[str, int], indices: Mapping[str, int]) -> Iterator[str]:
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    colours = "".join(f".l{index} {{ --c: {_COLOURS[index % len(_COLOURS)]}; }}\n" for index in indices.values())
    total = _number(sum(counts.values()), "entity", "entities")
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{total}</title>\n<style>{_STYLE}{colours}</style>\n</head>\n<body>\n"
        f'<header><h1>Entities</h1><p class="sum">{total} in {_number(len(documents), "document", "documents")}. '
        '<span id="shown" aria-live="polite"></span></p></header>\n<div class="bar"><div>\n'
    )
    for label, index in indices.items():
        yield (
            f'<label class="l{index}"><input type="checkbox" checked data-label="{index}"><span class="dot"></span>'
            f"<b>{_escaped(label)}</b> <i>{counts[label]:,}</i></label>\n"
        )
    yield (
        '<input id="filter" type="search" placeholder="Filter documents" aria-label="Filter documents by text, id or '
        'label">\n</div></div>\n<main>\n'
    )
    for document in documents:
        yield _article(document, indices)
    yield f"</main>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _article(document: Document, indices: Mapping[str, int]) -> str:
    spans = sorted(document.spans, key=lambda span: (span.start, -span.end, span.key))
    marks, crossing = _nesting(document, spans)
    also = "".join(f'<li class="l{indices[span.label]}">{_in_words(span, document.text)}</li>' for span in crossing)
    return (
        f"<article>\n<h2><span>{_escaped(document.id)}</span> "
        f"<small>{_number(len(spans), 'entity', 'entities')}</small></h2>\n"
        f'<p class="text">{_marked(document.text, marks, indices)}</p>\n'
        + (f'<ul class="also">{also}</ul>\n' if also else "")
        + (_table(document, spans, indices) if spans else "")
        + "</article>\n"
    )


class _Mark(NamedTuple):
    """A stretch to be marked: a fragment of a span, or the title."""

    start: int
    end: int
    span: Span | None = None
    part: str = ""  # as 1/2, of a discontinuous span


def _nesting(document: Document, spans: Sequence[Span]) -> tuple[list[_Mark], list[Span]]:
    """Marks that nest in each other, outer before inner, and the spans that would have crossed them."""
    marks: list[_Mark] = []
    crossing: list[Span] = []
    live: list[_Mark] = []  # what a span that begins here or later can meet: spans come sorted by their beginning
    for span in spans:
        live = [mark for mark in live if mark.end > span.start]
        count = len(span.fragments)
        added = [
            _Mark(start, end, span, f"{number}/{count}" if count > 1 else "")
            for number, (start, end) in enumerate(span.fragments, start=1)
        ]
        if any(_cross(new, mark) for new in added for mark in live):
            crossing.append(span)
        else:
            marks += added
            live += added
    # A title takes the blank after it with it, lest the next line begin with one.
    titles = [
        _Mark(part.start, part.end + document.text[part.end : part.end + 1].isspace())
        for part in document.passages
        if part.kind == "title"
    ]
    marks += [title for title in titles if title.start < title.end and not any(_cross(title, mark) for mark in marks)]
    return sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.span is not None)), crossing


def _cross(one: _Mark, other: _Mark) -> bool:
    return one.start < other.start < one.end < other.end or other.start < one.start < other.end < one.end


def _marked(text: str, marks: Sequence[_Mark], indices: Mapping[str, int]) -> str:
    """The text as HTML; the marks nest and are sorted, outer before inner."""
    pieces: list[str] = []
    open_marks: list[_Mark] = []
    position = 0

    def advance(to: int) -> None:
        nonlocal position
        cut = text[position:to].endswith("\r") and text[to : to + 1] == "\n"  # a mark parts the two: show one break
        pieces.append(_escaped(text[position : to - cut]))
        position = to

    for mark in marks:
        while open_marks and open_marks[-1].end <= mark.start:
            advance(open_marks[-1].end)
            pieces.append(_closing(open_marks.pop()))
        advance(mark.start)
        pieces.append(_opening(mark, indices))
        open_marks.append(mark)
    for mark in reversed(open_marks):
        advance(mark.end)
        pieces.append(_closing(mark))
    advance(len(text))
    return "".join(pieces)


def _opening(mark: _Mark, indices: Mapping[str, int]) -> str:
    if mark.span is None:
        return '<b class="title">'
    kind = " part" if mark.part else ""
    return f'<mark class="l{indices[mark.span.label]}{kind}" title="{_escaped(_tooltip(mark.span))}">'


def _closing(mark: _Mark) -> str:
    if mark.span is None:
        return "</b>"
    tag = " ".join(filter(None, (mark.span.label, mark.part, _score(mark.span))))
    return f'<span class="tag">{_escaped(tag)}</span></mark>'


def _score(span: Span) -> str:
    return "" if span.score is None else f"{span.score:.2f}"


def _tooltip(span: Span) -> str:
    offsets = ", ".join(f"{start}–{end}" for start, end in span.fragments)
    return " · ".join(filter(None, (f"{span.label} {offsets}", _score(span), ", ".join(span.concepts))))


def _in_words(span: Span, text: str) -> str:
    return f"<mark>{_escaped(span.slice(text))}</mark> {_escaped(_tooltip(span))}"


def _table(document: Document, spans: Sequence[Span], indices: Mapping[str, int]) -> str:
    rows = []
    for span in spans:
        starts, ends = (", ".join(map(str, side)) for side in zip(*span.fragments, strict=True))
        rows.append(
            f'<tr class="l{indices[span.label]}"><td class="n">{starts}</td><td class="n">{ends}</td>'
            f'<td><span class="dot"></span>{_escaped(span.label)}</td><td>{_escaped(span.slice(document.text))}</td>'
            f'<td class="n">{_score(span)}</td><td>{_escaped(", ".join(span.concepts))}</td></tr>\n'
        )
    return (
        "<details><summary>Table of entities</summary>\n"
        '<div class="wide"><table><thead><tr><th>Start</th><th>End</th><th>Label</th><th>Text</th><th>Score</th>'
        f"<th>Concepts</th></tr></thead><tbody>\n{''.join(rows)}</tbody></table></div></details>\n"
    )
