"""Dictionary of terminologies and training mentions + regular expressions, weighed by how often they are right.

Paper: Sánchez León & González Ledesma, "Annotating and normalizing biomedical NEs with limited knowledge",
arXiv:1912.09152 (2019), second in sub-task 1 of PharmaCoNER. Rivera-Zavala & Martínez, "Analyzing transfer learning
impact in biomedical cross-lingual named entity recognition and normalization", BMC Bioinformatics 22 (2021), describe
it as dictionaries, SNOMED CT above all, and 104 contextual regular expressions for what is ambiguous, abbreviations
above all. SNOMED CT is licensed and the expressions are not at hand: what is here keeps the idea alone.

A term of the lexicon or a mention of the training documents that stands in a text is a match, as is what a regular
expression finds; of matches that overlap the leftmost, of such the longest is taken. What a term is follows from how
many of its n matches in the training texts are mentions of label l, and from its ending:

    p(l | term) = (n_l + p(l | ending)) / (n + 1)

The latter is the share of l among the terms of the lexicon that were seen there and whose head word ends alike: in the
same five letters, smoothed by the share for four, that by the one for three, that by the one for all. So nobody says
which terms of a terminology are entities, nor of which label, and terms that were never seen are judged as well. Terms
more often wrong than right are dropped, and what they hid is counted anew. A regular expression is judged by the
stretches it finds: by their occurrences if it looks at the context, else by the distinct ones.

The emissions of a match are log p(l) / p(O), dealt out over its words, and -20 for every tag but its own and O. Under a
CRF without transition scores a span has then the probability p(l | term), and :meth:`DictionaryRegex.learn` is all of
the training. Words match without regard to accents, hyphens, a final e, s or es and, but for short words and
abbreviations, case. An abbreviation that a text introduces in brackets is what its long form is: let the window be the
document.

Printed by the paper, PharmaCoNER test: F1 91 (sub-task 1). What is measured here stands in the README's tables.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.data.tags import spans_to_tags
from zoo.models.tagger import Tagger
from zoo.text.abbreviations import introductions
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.lexicon import Lexicon, normalized, terms_in_words
from zoo.text.patterns import Pattern, Surface
from zoo.text.vocab import Vocabulary

_NEVER = -20.0  # emission of a tag that no match proposes
_RARELY = -15.0  # least weight of a label; greater than _NEVER, so that tags of a match cannot be mixed
_DOUBT = 0.5  # how many wrong matches a training mention that is in no lexicon is thought to have, beyond those seen
_SHORTEST_ENDING = 3  # letters
_SMOOTHING = 4.0  # how many terms a shorter ending counts as
_MOST_ROUNDS = 8  # of dropping terms
_MARKS = re.compile("[\u0300-\u036f]")

_Counts = dict[str, np.ndarray]
"""By term: how many of its matches are no mention, then how many are mentions of each label, shape (1 + L)."""
_Gold = dict[tuple[int, int], int]
"""By first word and one past the last: which of these a gold span counts for."""


class _Match(NamedTuple):
    """A match in a window's words, with the row of ``weights`` that tells what it is."""

    first: int
    end: int
    row: int


class _Text(NamedTuple):
    """A training window with its gold spans, and stretches that are not counted."""

    window: Window
    gold: _Gold
    ignored: frozenset[tuple[int, int]] = frozenset()


@lru_cache(maxsize=1 << 18)
def folded(form: str) -> str:
    """A word without accents, final e, s or es, and case; short words and abbreviations keep the latter three.

    Examples:
        >>> [folded(form) for form in ("Anticuerpos", "monoclonales", "Proteases", "ANAs", "IgE", "células")]
        ['anticuerpo', 'monoclonal', 'proteas', 'ANAs', 'IgE', 'celula']
    """
    if not form.isascii():
        form = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", form)))
    if len(form) <= 4 or (len(form) <= 6 and form[1:] != form[1:].lower()):
        return form
    return form.lower().removesuffix("s").removesuffix("e")


def key_of(forms: Iterable[str]) -> str:
    """Words as the dictionary holds them: folded, without hyphens; empty where nothing else is left.

    Examples:
        >>> key_of(["Interferón", "-", "gamma"]), key_of(["-"])
        ('interferon gamma', '')
    """
    kept = [folded(form) for form in forms if form != "-"]
    return normalized(kept) if kept else ""


class DictionaryRegex(Tagger):
    """Dictionary and regular expressions (after Sánchez León & González Ledesma 2019).

    Args:
        codec: Labels, tag scheme, segmentation and window; in BIOES a span's score is exactly its term's probability.
        words: Vocabulary of normalized words; this architecture reads none.
        characters: Vocabulary of characters; this architecture reads none.
        lexicon: Terms as :func:`key_of` writes them.
        refuted: What patterns find and the training texts show to be no mention, written likewise.
        normalizer: How words are rewritten before they are looked up; without effect here.
        head: Which word of a term its ending is taken of: in English the last, in Spanish the first.
        ending: The most letters of an ending.
        patterns: Regular expressions of Python, each a mapping with ``pattern`` and, unless what it finds is no
            mention, ``label``. Sought in a window's text, all white space being blanks; what one finds, or its group
            ``mention``, counts where it begins and ends with words. One with that group, or without label, decides
            against terms of the same words; any other is for what no training text has shown to be a mention or none.

    Raises:
        ValueError: If a regular expression cannot be read, or has an unknown label.
    """

    key = "dictionary_regex"
    resources = ("lexicon",)
    descends = False

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        lexicon: Vocabulary,
        refuted: Vocabulary,
        normalizer: str = "lower",
        head: Literal["first", "last"] = "last",
        ending: int = 5,
        patterns: Sequence[Mapping[str, str]] = (),
    ) -> None:
        others = {"lexicon": lexicon, "refuted": refuted}
        super().__init__(codec=codec, words=words, characters=characters, normalizer=normalizer, others=others)
        self.head, self.ending = head, ending
        self.patterns = [Pattern.of(place, entry, codec.labels) for place, entry in enumerate(patterns)]
        self.tag_rows = {tag: row for row, tag in enumerate(self.codec.tags)}
        self.crf = CRF(len(self.tag_rows), batch_first=True, constraints=self.codec.transitions)
        for parameter in self.crf.parameters():
            nn.init.zeros_(parameter)
        self._take(lexicon, np.zeros((len(lexicon) + len(patterns), len(codec.labels))))

    def _take(self, lexicon: Vocabulary, weights: np.ndarray) -> None:
        """Takes terms over, with the log-odds of each label for each term, then each pattern, shape (R, L)."""
        self.vocabularies["lexicon"], self.lexicon = lexicon, Lexicon(lexicon)
        self.weights = nn.Embedding.from_pretrained(torch.from_numpy(weights).float(), freeze=False)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The terms of the lexicon, folded; nothing is refuted yet.

        Args:
            windows: Of the training documents.
            resources: ``lexicon``: terms as written.
            model: The recipe's ``model`` section.
            codec: Its ``codec`` section.
        """
        keys = filter(None, map(key_of, terms_in_words(resources["lexicon"], codec.segmentation)))
        return {"lexicon": Vocabulary.of(keys), "refuted": Vocabulary.of([])}

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the layers ``rows`` (W), of ``weights``; ``shares`` (W), one over the words of a match; and ``tags``.

        The last, (W, L), holds the tag of each word if the matches are mentions of each label. All are zero where there
        is no match.
        """
        odds = self._odds()
        return [self._with_layers(window, self._matches(window, odds)) for window in windows]

    def _with_layers(self, window: Window, found: Sequence[_Match]) -> Window:
        length, labels = len(window.forms), self.codec.config.labels
        rows, shares = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.float32)  # (W), (W)
        tags = np.zeros((length, len(labels)), dtype=np.int64)  # (W, L)
        for first, end, row in found:
            rows[first:end], shares[first:end] = row, 1 / (end - first)
        for column, label in enumerate(labels):
            spans = [(first, end, label) for first, end, _ in found]
            named = spans_to_tags(spans, length, self.codec.config.scheme)
            tags[:, column] = [self.tag_rows[tag] for tag in named]
        return window._replace(layers={**window.layers, "rows": rows, "shares": shares, "tags": tags})

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Layers ``rows`` (B, W), ``shares`` (B, W), ``tags`` (B, W, L).

        Returns:
            Emissions, shape (B, W, T).
        """
        scores = self.weights(batch.layers["rows"]) * batch.layers["shares"][..., None]  # (B, W, L)
        emissions = scores.new_full((*scores.shape[:2], len(self.tag_rows)), _NEVER)  # (B, W, T)
        emissions[..., self.tag_rows["O"]] = 0
        return emissions.scatter(2, batch.layers["tags"], scores)

    def _odds(self) -> list[float]:
        """The greatest weight of each term and each pattern."""
        return self.weights.weight.detach().amax(1).tolist()

    def _matches(self, window: Window, odds: Sequence[float]) -> list[_Match]:
        """Of all that is found the leftmost, of such the longest, of such the surest; then the abbreviations."""
        terms, refuted = len(self.vocabularies["lexicon"]), self.vocabularies["refuted"]
        found, surface = [(True, match) for match in self._by_terms(window)], Surface.of(window)
        for row, pattern in enumerate(self.patterns, start=terms):
            if (odds[row] >= 0) == (pattern.label is not None):  # mostly right in the training texts
                found += [
                    (not pattern.goes_first, _Match(first, end, row))
                    for first, end in pattern.matches(surface)
                    if pattern.goes_first or key_of(window.forms[first:end]) not in refuted
                ]
        taken: list[_Match] = []
        for _, match in sorted(found, key=lambda each: (each[1].first, -each[1].end, each[0], -odds[each[1].row])):
            if not taken or match.first >= taken[-1].end:
                taken.append(match)
        return _with_abbreviations(window.forms, taken)

    def _by_terms(self, window: Window) -> Iterator[_Match]:
        places = [place for place, form in enumerate(window.forms) if form != "-"]
        forms = [folded(window.forms[place]) for place in places]
        for first, end in self.lexicon.matches(forms):
            row = self.vocabularies["lexicon"][normalized(forms[first:end])]
            yield _Match(places[first], places[end - 1] + 1, row)

    def learn(self, train: Sequence[Window], dev: Sequence[Window], seed: int, *, progress: bool = True) -> None:
        """Counts how often terms and patterns are right in the training windows; keeps the terms that mostly are.

        Args:
            train: Windows of the training documents.
            dev: Windows of the dev documents; nothing is taken from them.
            seed: Nothing is drawn.
            progress: It takes seconds; nothing is shown.
        """
        labels = self.codec.config.labels
        texts = [_Text(window, self._gold_spans(window)) for window in train]
        # What lies inside of a mention is right or wrong only where the mention itself is not found.
        apart = [_Text(window, gold, _within(gold)) for window, gold, _ in texts]
        priors = self._priors(_count(apart, self._by_terms, len(labels)))
        by_pattern = [_count(apart, partial(_by_pattern, pattern), len(labels)) for pattern in self.patterns]
        odds = [_judged(pattern, counts, labels) for pattern, counts in zip(self.patterns, by_pattern, strict=True)]
        wrong = (term for counts in by_pattern for term, count in counts.items() if count[0] > count[1:].max())
        self.vocabularies["refuted"] = Vocabulary.of(wrong)
        mentions = (key_of(window.forms[first:end]) for window, gold, _ in texts for first, end in gold)
        terms = Vocabulary.of(filter(None, (*priors, *mentions)))
        unlisted = np.array([_DOUBT, *np.zeros(len(labels))])
        for _ in range(_MOST_ROUNDS):
            self._take(terms, np.array([*np.full((len(terms), len(labels)), -_RARELY), *odds]))  # each before patterns
            counts = _count(texts, partial(self._of_terms, odds=self._odds()), len(labels))
            weights = [_log_odds(counts.get(term, 0) + priors.get(term, unlisted)) for term in terms.entries]
            self._take(terms, np.array([*weights, *odds]))
            kept = [term for term, weight in zip(terms.entries, weights, strict=True) if weight.max() > 0]
            if len(kept) + 2 == len(terms):
                break
            terms = Vocabulary.of(kept)

    def _of_terms(self, window: Window, odds: Sequence[float]) -> Iterator[_Match]:
        """Of what is taken of a window, what no pattern found."""
        terms = len(self.vocabularies["lexicon"])
        return (match for match in self._matches(window, odds) if match.row < terms)

    def _gold_spans(self, window: Window) -> _Gold:
        """The column of the label of each gold span in counts, 1 the first."""
        spans = self.codec.word_spans(np.array([window.tags]), np.array([len(window.forms)]))
        return {(first, end): 1 + self.codec.config.labels.index(label) for _, first, end, label in spans}

    def _priors(self, counts: _Counts) -> _Counts:
        """What the terms of the lexicon are like by their ending: shares of no mention and of each label, (1 + L)."""
        width = 1 + len(self.codec.config.labels)
        shares: _Counts = defaultdict(lambda: np.zeros(width))
        seen: Counter[str] = Counter()
        for term, count in counts.items():
            for ending in self._endings(term):
                shares[ending] += count / count.sum()
                seen[ending] += 1
        priors: _Counts = {}
        for term in self.vocabularies["lexicon"].entries[2:]:
            prior = np.eye(width)[0]
            for ending in self._endings(term):
                if ending in seen:
                    prior = (shares[ending] + _SMOOTHING * prior) / (seen[ending] + _SMOOTHING)
            priors[term] = prior
        return priors

    def _endings(self, term: str) -> list[str]:
        """The endings of a term's head word, the shortest, empty, first."""
        words = term.split(" ")
        word = words[0] if self.head == "first" else words[-1]
        return ["", *(word[-length:] for length in range(_SHORTEST_ENDING, min(self.ending, len(word)) + 1))]


def _by_pattern(pattern: Pattern, window: Window) -> Iterator[_Match]:
    return (_Match(first, end, 0) for first, end in pattern.matches(Surface.of(window)))


def _with_abbreviations(forms: Sequence[str], matches: list[_Match]) -> list[_Match]:
    """Adds what an abbreviation is that stands for a match, wherever it is none itself."""
    rows = {(match.first, match.end): match.row for match in matches}
    meant = {forms[short]: rows[first, end] for first, end, short in introductions(forms) if (first, end) in rows}
    inside = {place for match in matches for place in range(match.first, match.end)} if meant else set()
    added = [_Match(i, i + 1, meant[form]) for i, form in enumerate(forms) if form in meant and i not in inside]
    return sorted([*matches, *added])


def _within(gold: _Gold) -> frozenset[tuple[int, int]]:
    """The stretches inside of gold spans, without these."""
    inside = ((a, b) for first, end in gold for a in range(first, end) for b in range(a + 1, end + 1))
    return frozenset(inside).difference(gold)


def _count(texts: Sequence[_Text], find: Callable[[Window], Iterable[_Match]], labels: int) -> _Counts:
    counts: _Counts = {}
    for window, gold, ignored in texts:
        for first, end, _ in find(window):
            if (first, end) not in ignored:
                count = counts.setdefault(key_of(window.forms[first:end]), np.zeros(1 + labels))
                count[gold.get((first, end), 0)] += 1
    return counts


def _judged(pattern: Pattern, counts: _Counts, labels: Sequence[str]) -> np.ndarray:
    """Log-odds of each label for what a pattern finds (L): negative where it is more often wrong, or excludes rightly.

    Counted are occurrences where it goes before terms, else distinct stretches, for what was seen the terms know.
    """
    column = 1 + labels.index(pattern.label) if pattern.label else 0
    found = [count if pattern.goes_first else count / count.sum() for count in counts.values()]
    right = sum(count[column] for count in found)
    odds = np.log((right + 1) / (sum(count.sum() for count in found) - right + _DOUBT))
    if pattern.label is None:
        return np.full(len(labels), _RARELY if odds >= 0 else 0)
    return np.where(np.arange(1, 1 + len(labels)) == column, odds, _RARELY)


def _log_odds(counts: np.ndarray) -> np.ndarray:
    """The logarithm of how much more often each label is than no mention, (1 + L) -> (L)."""
    return np.log(np.maximum(counts[1:], 1e-9) / counts[0]).clip(_RARELY, -_RARELY)
