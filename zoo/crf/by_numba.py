"""What :class:`zoo.crf.CRF` asks for, by the compiled recursions: tensors on the CPU to arrays and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.crf import compiled, compiled_viterbi

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


class _Counts(NamedTuple):
    """Gradients of each window's value: of its emissions (B, W, T), and of moves (B, T), (B, T, T), (B, T)."""

    emitted: np.ndarray
    began: np.ndarray
    moved: np.ndarray
    ended: np.ndarray


def _room(scores: _Scores) -> _Counts:
    windows, _, tags = scores.emissions.shape
    ends = np.empty((2, windows, tags))
    return _Counts(np.empty_like(scores.emissions), ends[0], np.empty((windows, tags, tags)), ends[1])


class _Likelihood(torch.autograd.Function):
    """Log-likelihood of gold tags (B); its gradient is what was counted less what was expected."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor,
        crf: "CRF", tags: np.ndarray, lengths: Tensor,
    ) -> Tensor:  # fmt: skip
        scores, largest = _scores(crf, emissions, lengths)
        counts, value = _room(scores), np.empty(len(lengths))
        rest = (*scores[1:], *_centered(crf, scores, largest))
        if (wrong := compiled.likelihoods(scores.emissions, tags, *rest, value, *counts)) >= 0:
            raise ValueError(f"Expected tags from 0 to {crf.num_tags - 1} on words but got others in window {wrong}.")
        ctx.counts, ctx.kinds = counts, (emissions.dtype, start.dtype)
        return torch.from_numpy(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return *_weighted(ctx, grad), None, None, None


class _LogPartition(torch.autograd.Function):
    """Log Z of each window (B); its gradient is what is expected."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor,
        crf: "CRF", lengths: Tensor,
    ) -> Tensor:  # fmt: skip
        value, counts = _posteriors(crf, emissions, lengths)
        counts.began[:], counts.ended[:] = (
            counts.emitted[:, 0],
            counts.emitted[np.arange(len(lengths)), lengths.numpy() - 1],
        )
        ctx.counts, ctx.kinds = counts, (emissions.dtype, start.dtype)
        return torch.from_numpy(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return *_weighted(ctx, grad), None, None


def _weighted(ctx: Any, grad: Tensor) -> list[Tensor]:
    """Gradients of emissions, start, transitions and end from those of each window."""
    if torch.is_grad_enabled():  # terms of a second derivative would be left out without a word
        raise RuntimeError("Expected one differentiation but got create_graph=True: set CRF(double_backward=True).")
    counts, (kind, kind_of_moves) = ctx.counts, ctx.kinds
    tags = counts.began.shape[1]
    gradients = np.empty_like(counts.emitted), np.empty(tags), np.empty((tags, tags)), np.empty(tags)
    compiled.weigh(grad.detach().double().contiguous().numpy(), *counts, *gradients)
    kinds = kind, kind_of_moves, kind_of_moves, kind_of_moves
    return [torch.from_numpy(array).to(kind) for array, kind in zip(gradients, kinds, strict=True)]


def _posteriors(crf: "CRF", emissions: Tensor, lengths: Tensor) -> tuple[np.ndarray, _Counts]:
    """Log Z (B), probabilities of tags and expected numbers of moves."""
    scores, largest = _scores(crf, emissions, lengths)
    counts, value = _room(scores), np.empty(len(lengths))
    compiled.posteriors(*scores, *_centered(crf, scores, largest), value, counts.emitted, counts.moved)
    return value, counts


def likelihood(crf: "CRF", emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Log-likelihood of the gold tags (B, W) of each window (B), float64, differentiable once.

    Raises:
        ValueError: If a number on a word is no tag.
    """
    moves = crf.start_transitions, crf.transitions, crf.end_transitions
    gold = tags.to(torch.int64).contiguous().numpy()
    return _Likelihood.apply(emissions, *moves, crf, gold, lengths)


def log_partition(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Log Z of each window (B), float64, differentiable once."""
    return _LogPartition.apply(emissions, crf.start_transitions, crf.transitions, crf.end_transitions, crf, lengths)


def marginals(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Probability of each tag at each word (B, W, T), zero on padding."""
    return torch.from_numpy(_posteriors(crf, emissions, lengths)[1].emitted)


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
