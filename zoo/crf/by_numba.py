"""What :class:`zoo.crf.CRF` asks for, by the compiled recursions: tensors on the CPU to arrays and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zoo.crf import compiled, compiled_batch, compiled_gradients, compiled_viterbi
from zoo.crf.recursions import refuse_second_derivative

if TYPE_CHECKING:
    from zoo.crf.linear_chain import CRF
    from zoo.crf.runs import TagRun


_NOTHING = np.empty((0, 0))


class _Scores(NamedTuple):
    """The arguments that all compiled recursions begin with, as arrays."""

    emissions: np.ndarray
    lengths: np.ndarray
    start: np.ndarray
    transitions: np.ndarray
    end: np.ndarray


class _Packed(NamedTuple):
    """The messages of a batch, as :func:`zoo.crf.compiled.posteriors` leaves them."""

    ranks: np.ndarray
    rows: np.ndarray
    steps: np.ndarray
    is_safe: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    leaving: np.ndarray


class _Posterior(NamedTuple):
    """What it writes and returns besides."""

    log_partition: np.ndarray
    unary: np.ndarray
    others: np.ndarray
    pairs: np.ndarray


def lengths_of(mask: Tensor) -> Tensor | None:
    """How many words each window has (B), from a mask (B, W); ``None`` if a window's words are not all at its front."""
    lengths = np.empty(len(mask), np.int64)
    return None if compiled_batch.prefix_lengths(mask.contiguous().numpy(), lengths) >= 0 else torch.from_numpy(lengths)


def _scores(crf: "CRF", emissions: Tensor, lengths: Tensor) -> tuple[_Scores, float]:
    """Emissions (B, W, T) and the moves of a CRF; and the largest absolute value among the scores of legal moves."""
    *moves, largest = compiled_batch.moves_of(
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


def _packing(scores: _Scores) -> tuple[np.ndarray, np.ndarray]:
    windows, words, _ = scores.emissions.shape
    ranks, rows = np.empty(windows, np.int64), np.empty(words + 1, np.int64)
    compiled_batch.pack(scores.lengths, words, ranks, rows)
    return ranks, rows


def _summed(crf: "CRF", scores: _Scores, largest: float) -> tuple[_Packed, _Posterior]:
    (windows, _, tags), count = scores.emissions.shape, scores.lengths.sum()
    ranks, rows = _packing(scores)
    steps, peaks, is_safe = np.empty((count, tags)), np.empty(windows), np.empty(windows, bool)
    compiled_batch.center(scores.emissions, scores.lengths, largest, crf.mixing, ranks, rows, steps, peaks, is_safe)
    np.exp(steps, out=steps)  # here, and not word by word: numpy computes many at once
    log_partition, unary = np.empty(windows), np.empty_like(scores.emissions)
    messages = [np.empty((count, tags)) for _ in range(3)]
    others = compiled.posteriors(*scores, ranks, rows, steps, peaks, is_safe, log_partition, unary, *messages)
    return _Packed(ranks, rows, steps, is_safe, *messages), _Posterior(log_partition, unary, *others)


class _Value(torch.autograd.Function):
    """Log Z of each window (B), or the log-likelihood of its gold tags; the parameters come for autograd to see."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor,
        crf: "CRF", lengths: Tensor, gold: np.ndarray | None,
    ) -> Tensor:  # fmt: skip
        scores, largest = _scores(crf, emissions, lengths)
        packed, found = _summed(crf, scores, largest)
        value = found.log_partition
        if gold is not None:
            given = np.empty_like(value)
            if (wrong := compiled_gradients.path_scores(scores.emissions, gold, *scores[1:], given)) >= 0:
                raise ValueError(
                    f"Expected tags from 0 to {crf.num_tags - 1} on words but got others in window {wrong}."
                )
            with np.errstate(invalid="ignore"):  # an illegal path where there is no legal one
                value = given - value
        ctx.lengths, ctx.transitions, ctx.found, ctx.gold, ctx.crf = (
            scores.lengths,
            scores.transitions,
            found,
            gold,
            crf,
        )
        ctx.packed = packed._replace(steps=_NOTHING, backward=_NOTHING)  # large, and of no use any more
        ctx.kinds = (emissions.dtype, *(start.dtype,) * 3)
        return torch.from_numpy(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        lengths, found, crf = ctx.lengths, ctx.found, ctx.crf
        shares = grad.detach().double().contiguous().numpy()
        signed = shares if ctx.gold is None else -shares
        emissions, start, end = np.empty_like(found.unary), np.empty(crf.num_tags), np.empty(crf.num_tags)
        compiled_gradients.weigh(signed, found.unary, lengths, emissions, start, end)
        gradients = emissions, start, _moves(signed, ctx.transitions, ctx.packed, found), end
        if ctx.gold is not None:
            legal = (moves.numpy() for moves in (crf.legal_start, crf.legal_pairs, crf.legal_end))
            compiled_gradients.weigh_gold(shares, ctx.gold, lengths, *legal, *gradients)
        tensors = (torch.from_numpy(array).to(kind) for array, kind in zip(gradients, ctx.kinds, strict=True))
        return *tensors, None, None, None


def _moves(grad: np.ndarray, transitions: np.ndarray, packed: _Packed, found: _Posterior) -> np.ndarray:
    """Gradient of the scores of moves (T, T) from those of log Z of each window (B)."""
    leaving = packed.leaving[packed.rows[1] :]
    before = np.empty_like(leaving)
    compiled_gradients.words_before(grad, packed.ranks, packed.rows, packed.forward, before)
    # By torch, and not by numpy, whose threads would wait for torch's.
    expected = (torch.from_numpy(before).T @ torch.from_numpy(leaving)).numpy()
    if not len(found.others):
        return expected * np.exp(transitions)
    # Where all windows are in log space, a factor may be infinite.
    factors = np.exp(transitions, out=np.zeros_like(transitions), where=expected != 0)
    return expected * factors + np.tensordot(grad[found.others], found.pairs, 1)


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
    return torch.from_numpy(_summed(crf, *_scores(crf, emissions, lengths))[1].unary)


def best_path(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """The best tags (B, W), int64, zero on padding; among equals the lowest."""
    scores, _ = _scores(crf, emissions, lengths)
    paths = np.empty(scores.emissions.shape[:2], np.int64)
    compiled_viterbi.best_paths(*scores, *_packing(scores), paths)
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
    messages = _summed(crf, scores, largest)[0]
    compiled.run_probabilities(*scores, *messages[:-1], *np.ascontiguousarray(places.T), tags, forbidden, found)
    result[order] = found
    return torch.from_numpy(result)
