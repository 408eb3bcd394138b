"""Attributes of words, their rows and their scores, against loops over strings."""

from collections.abc import Sequence

import pytest
import torch

from zoo.models.features import AFTER, BEFORE, FeatureScores, attributes, feature_vocabulary
from zoo.text.batch import Batch, collate
from zoo.text.codec import Window
from zoo.text.linguistics import Reading, load_linguistics
from zoo.text.vocab import Vocabulary, WordLookup

SENTENCES = (
    ["Two", "tumours", "of", "DNA", ":", "12", "x\\n", "\N{DNA DOUBLE HELIX}", "p53", "were", "rare"],
    ["Asthma"],
    ["a=b", "word=a"],
)


def windows_of(sentences: Sequence[Sequence[str]]) -> list[Window]:
    return [Window(0, list(forms), [(0, 1)] * len(forms), [0] * len(forms), 0) for forms in sentences]


def batch_of(scores: FeatureScores, windows: Sequence[Window]) -> Batch:
    nothing = Vocabulary.of(())
    return collate(scores.read(windows), WordLookup(nothing, nothing, "lower", 50))


def scores_of(reach: int = 2, tags: int = 3, **more: bool) -> FeatureScores:
    features = feature_vocabulary(windows_of(SENTENCES), "rules-en")
    scores = FeatureScores(features, tags, "rules-en", reach, **more)
    torch.manual_seed(0)
    scores.take(torch.randn_like(scores.weight), torch.randn(tags))
    return scores


def slow_emissions(scores: FeatureScores, forms: Sequence[str]) -> list[list[float]]:
    """Sums over attributes as strings, one word, distance and tag at a time."""
    read = next(load_linguistics(scores.linguistics)([forms]))
    beyond = [[[name]] * scores.reach for name in (BEFORE, AFTER)]
    words = [*beyond[0], *[[a for a in attributes(*pair) if a] for pair in zip(forms, read, strict=True)], *beyond[1]]
    emissions = []
    for place in range(len(forms)):
        row = scores.bias.tolist()
        for distance in range(2 * scores.reach + 1):
            for name in words[place + distance]:
                if name in scores.features:
                    for tag in range(scores.tags):
                        weights = scores.weight[scores.features[name]].detach()
                        row[tag] += float(weights[distance * scores.tags + tag])
        emissions.append(row)
    return emissions


@pytest.mark.parametrize("reach", [0, 1, 2, 3])
def test_emissions_are_sums_over_strings(reach: int) -> None:
    scores = scores_of(reach)
    unseen = ["Unseen", "tumours", "42", "DNA"]
    windows = windows_of([*SENTENCES, unseen])
    emissions = scores(batch_of(scores, windows))
    for row, window in enumerate(windows):
        expected = torch.tensor(slow_emissions(scores, window.forms))
        torch.testing.assert_close(emissions[row, : len(window.forms)].detach(), expected, atol=1e-5, rtol=1e-5)


def test_attributes_that_are_absent_are_empty() -> None:
    assert attributes("12", Reading("12", "NUM")) == (
        *("word=12", "", "ends=12", "", "", "digit"),
        *("pos=NUM", "class=NU", "lemma=12"),
    )
    assert attributes("DNA", Reading("DNA", "NOUN"))[3:6] == ("upper", "", "")


def test_pruning_drops_what_has_no_weight_and_changes_no_emission() -> None:
    for descends in (True, False):
        scores = scores_of(descends=descends)
        with torch.no_grad():
            scores.weight[torch.randperm(len(scores.weight))[: len(scores.weight) // 2]] = 0
        before = scores(batch_of(scores, windows_of(SENTENCES)))
        count = len(scores.features)
        kept = scores.prune()
        assert kept is scores.features
        assert count // 2 - 2 <= len(kept) == len(scores.weight) <= count // 2 + 3
        torch.testing.assert_close(scores(batch_of(scores, windows_of(SENTENCES))), before, atol=1e-5, rtol=1e-5)
        assert len(list(scores.parameters())) == (2 if descends else 0)
        assert set(scores.state_dict()) == {"weight", "bias"}


def test_unknown_attributes_have_no_weight() -> None:
    scores = scores_of(reach=0)
    windows = windows_of([["zzz", "zzz"]])
    known = [
        name for name in attributes("zzz", next(load_linguistics("rules-en")([["zzz"]]))[0]) if name in scores.features
    ]
    assert known == ["pos=NOUN", "class=NO"]
    first = scores(batch_of(scores, windows))[0, 0]
    rows = [scores.weight[scores.features[name]] for name in known]
    torch.testing.assert_close(first, scores.bias + sum(rows))
