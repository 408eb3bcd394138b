"""What :class:`zoo.crf.CRF` asks for, by the compiled recursions: tensors on the CPU to arrays and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.crf import compiled, compiled_viterbi
from zoo.crf.recursions import refuse_second_derivative

if TYPE_CHECKING:
    from zoo.crf.linear_chain import CRF
    from zoo.crf.runs import TagRun


class _Scores(NamedTuple):
    """The arguments that all compiled recursions begin with, as arrays."""

    emissions: np.ndarray
    lengths: np.ndarray
    start: np.ndarray
    transitions: np.ndarray
    end: np.ndarray


class _Steps(NamedTuple):
    """Those that sums take besides: what :func:`zoo.crf.compiled.center` writes."""

    steps: np.ndarray
    peaks: np.ndarray
    is_safe: np.ndarray


def lengths_of(mask: Tensor) -> Tensor | None:
    """How many words each window has (B), from a mask (B, W); ``None`` if a window's words are not all at its front."""
    lengths = np.empty(len(mask), np.int64)
    return None if compiled.prefix_lengths(mask.contiguous().numpy(), lengths) >= 0 else torch.from_numpy(lengths)


def _scores(crf: "CRF", emissions: Tensor, lengths: Tensor) -> tuple[_Scores, float]:
    """Emissions (B, W, T) and the moves of a CRF; and the largest absolute value among the scores of legal moves."""
    *moves, largest = compiled.moves_of(
        _array(crf.start_transitions),
        _array(crf.transitions),
        _array(crf.end_transitions),
        crf.legal_start.numpy(),
        crf.legal_pairs.numpy(),
        crf.legal_end.numpy(),
    )
    return _Scores(_array(emissions), lengths.numpy(), *moves), largest


def _array(scores: Tensor) -> np.ndarray:
    """Scores in float32 or float64, without a copy where they are so."""
    known = scores.detach()
    return (known if known.dtype in (torch.float32, torch.float64) else known.float()).contiguous().numpy()


def _centered(crf: "CRF", scores: _Scores, largest: float) -> _Steps:
    windows = len(scores.lengths)
    steps = _Steps(np.empty((scores.lengths.sum(), crf.num_tags)), np.empty(windows), np.empty(windows, bool))
    compiled.center(scores.emissions, scores.lengths, largest, crf.mixing, *steps)
    np.exp(steps.steps, out=steps.steps)  # here, and not word by word: numpy computes many at once
    return steps


def _posteriors(crf: "CRF", scores: _Scores, largest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log Z (B), probabilities of tags (B, W, T) and expected numbers of moves (B, T, T)."""
    windows, _, tags = scores.emissions.shape
    found = np.empty(windows), np.empty_like(scores.emissions), np.empty((windows, tags, tags))
    compiled.posteriors(*scores, *_centered(crf, scores, largest), *found)
    return found


class _Value(torch.autograd.Function):
    """Log Z of each window (B), or the log-likelihood of its gold tags; the parameters come for autograd to see."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor,
        crf: "CRF", lengths: Tensor, gold: np.ndarray | None,
    ) -> Tensor:  # fmt: skip
        scores, largest = _scores(crf, emissions, lengths)
        value, *counts = _posteriors(crf, scores, largest)
        if gold is not None:
            given = np.empty_like(value)
            if (wrong := compiled.path_scores(scores.emissions, gold, *scores[1:], given)) >= 0:
                raise ValueError(
                    f"Expected tags from 0 to {crf.num_tags - 1} on words but got others in window {wrong}."
                )
            value = given - value
        ctx.counts, ctx.gold, ctx.crf = (*counts, scores.lengths), gold, crf
        ctx.kinds = (emissions.dtype, *(start.dtype,) * 3)
        return torch.from_numpy(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        unary, tags, crf = ctx.counts[0], ctx.crf.num_tags, ctx.crf
        shares = grad.detach().double().contiguous().numpy()
        found = np.empty_like(unary), np.empty(tags), np.empty((tags, tags)), np.empty(tags)
        compiled.weigh(shares if ctx.gold is None else -shares, *ctx.counts, *found)
        if ctx.gold is not None:
            legal = (moves.numpy() for moves in (crf.legal_start, crf.legal_pairs, crf.legal_end))
            compiled.weigh_gold(shares, ctx.gold, ctx.counts[-1], *legal, *found)
        gradients = (torch.from_numpy(array).to(kind) for array, kind in zip(found, ctx.kinds, strict=True))
        return *gradients, None, None, None


def _value(crf: "CRF", emissions: Tensor, lengths: Tensor, gold: np.ndarray | None) -> Tensor:
    return _Value.apply(emissions, crf.start_transitions, crf.transitions, crf.end_transitions, crf, lengths, gold)


def likelihood(crf: "CRF", emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Log-likelihood of the gold tags (B, W) of each window (B), float64, differentiable once.

    Raises:
        ValueError: If a number on a word is no tag.
    """
    return _value(crf, emissions, lengths, tags.to(torch.int64).contiguous().numpy())


def log_partition(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Log Z of each window (B), float64, differentiable once."""
    return _value(crf, emissions, lengths, None)


def marginals(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Probability of each tag at each word (B, W, T), zero on padding."""
    return torch.from_numpy(_posteriors(crf, *_scores(crf, emissions, lengths))[1])


def best_path(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """The best tags (B, W), int64, zero on padding; among equals the lowest."""
    scores, _ = _scores(crf, emissions, lengths)
    paths = np.empty(scores.emissions.shape[:2], np.int64)
    compiled_viterbi.best_paths(*scores, paths)
    return torch.from_numpy(paths)


def run_probabilities(crf: "CRF", emissions: Tensor, lengths: Tensor, runs: Sequence["TagRun"]) -> Tensor:
    """Probability of each run of tags (N), float64."""
    order = sorted(range(len(runs)), key=lambda number: runs[number].sequence)
    places = np.array([runs[number][:3] for number in order], np.int64).reshape(-1, 3)
    tags = np.zeros((len(runs), max((len(run.tags) for run in runs), default=0)), np.int64)
    forbidden = np.zeros((len(runs), crf.num_tags), bool)
    for row, number in enumerate(order):
        tags[row, : len(runs[number].tags)] = runs[number].tags
        forbidden[row, list(runs[number].next_forbidden)] = True
    scores, largest = _scores(crf, emissions, lengths)
    found, result = np.empty(len(runs)), np.empty(len(runs))
    compiled.run_probabilities(
        *scores, *_centered(crf, scores, largest), *np.ascontiguousarray(places.T), tags, forbidden, found
    )
    result[order] = found
    return torch.from_numpy(result)
