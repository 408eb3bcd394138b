"""What :class:`zoo.crf.CRF` asks for, by the kernels of :mod:`zoo.crf.kernels`. The host waits for nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import triton
from torch import Tensor

from zoo.crf import kernels
from zoo.crf.recursions import PREFIX_EXPECTED, Messages, refuse_second_derivative
from zoo.crf.runs import TagRun, run_probabilities_by

if TYPE_CHECKING:
    from zoo.crf.linear_chain import CRF

MOST_TAGS = 128  # what a program keeps on the chip: all pairs of tags, in float64
_CHUNK = 32  # words of a window that one program counts
_MOST_CHUNKS = 16  # of a window; each keeps a table of pairs
_BLOCK = 32  # rows that are read together where only sums are wanted


class _Moves(NamedTuple):
    """Scores of moves, and whether they are legal; between tags (2, T, T): from row to column, and turned round."""

    start: Tensor
    transitions: Tensor
    end: Tensor
    legal_start: Tensor
    legal_pairs: Tensor
    legal_end: Tensor


class _Messages(NamedTuple):
    """What :func:`zoo.crf.kernels.messages` writes."""

    both: Tensor
    factors: Tensor
    is_safe: Tensor


class _Counts(NamedTuple):
    """What :func:`zoo.crf.kernels.counts` writes."""

    value: Tensor
    emitted: Tensor
    moved: Tensor


def lengths_of(mask: Tensor) -> Tensor | None:
    """How many words each window has (B), from a mask (B, W).

    A window whose words are not all at its front is a failed assertion on CUDA; elsewhere ``None``.
    """
    windows, words = mask.shape
    lengths, is_prefix = mask.new_empty(windows, dtype=torch.int64), mask.new_empty(windows, dtype=torch.bool)
    _launch(kernels.count_words, (windows,), mask, *mask.stride(), lengths, is_prefix, words, BLOCK=128)
    if not mask.is_cuda:
        return lengths if is_prefix.all() else None
    torch._assert_async(is_prefix.all(), PREFIX_EXPECTED)
    return lengths


def _launch(kernel: Any, programs: tuple[int, ...], first: Tensor, *rest: Any, **options: Any) -> None:
    """Starts a kernel on the device of its tensors; an empty batch starts none.

    Raises:
        ValueError: If they are not all on one.
    """
    if elsewhere := {str(a.device) for a in rest if isinstance(a, Tensor) and a.device != first.device}:
        raise ValueError(f"Expected all tensors on {first.device} but got some on {', '.join(sorted(elsewhere))}.")
    if all(programs):
        with torch.cuda.device_of(first):
            kernel[programs](first, *rest, **options)


def _moves(crf: "CRF") -> _Moves:
    legal = (crf.legal_start, crf.legal_pairs, crf.legal_end)
    given = [scores.detach() for scores in (crf.start_transitions, crf.transitions, crf.end_transitions)]
    return _Moves(*(torch.stack([m, m.T]) if m.dim() == 2 else m.contiguous() for m in (*given, *legal)))


def tiles(tags: int) -> dict[str, int]:
    """How the kernels are compiled for a number of tags: the size of a tile, and the warps that share one.

    Few, so that sums stay near; more where a tile of pairs would not fit into their registers.
    """
    size = max(triton.next_power_of_2(tags), 2)
    if size <= 32:
        return {"K": size, "num_warps": 1}
    return {"K": size, "num_warps": 8} if size == 64 else {"K": size, "num_warps": 16, "maxnreg": 128}


def _messages(crf: "CRF", moves: _Moves, emissions: Tensor, lengths: Tensor) -> _Messages:
    windows, words, tags = emissions.shape
    found = _Messages(
        emissions.new_empty((2, windows, words, tags), dtype=torch.float64),
        emissions.new_empty((windows, words), dtype=torch.float64),
        emissions.new_empty(windows, dtype=torch.bool),
    )
    _launch(
        kernels.messages, (windows, 2), emissions, *emissions.stride()[:2], lengths, *moves, *found,
        windows, words, tags, crf.mixing, BLOCK=8, **tiles(tags),
    )  # fmt: skip
    return found


def _counts(crf: "CRF", emissions: Tensor, lengths: Tensor, gold: Tensor | None) -> _Counts:
    """Value of each window, log Z or the log-likelihood of gold tags, and its gradients."""
    emissions = _with_tags_together(emissions.detach())
    windows, words, tags = emissions.shape
    moves = _moves(crf)
    passed = _messages(crf, moves, emissions, lengths)
    chunk = max(_CHUNK, triton.next_power_of_2(triton.cdiv(words, _MOST_CHUNKS)))
    chunks = triton.cdiv(words, chunk)
    kind = torch.promote_types(emissions.dtype, torch.float32)
    value = emissions.new_empty((windows, chunks), dtype=torch.float64)
    emitted = emissions.new_empty((windows, words, tags), dtype=kind)
    moved = emissions.new_empty((windows, chunks, tags, tags), dtype=torch.float64)
    is_tag = emissions.new_empty((windows, chunks), dtype=torch.bool)
    labels = lengths if gold is None else gold  # without gold tags, any tensor that is not read
    _launch(
        kernels.counts, (windows, chunks), emissions, *emissions.stride()[:2], lengths,
        labels, *(labels.stride() if gold is not None else (0, 0)),
        *moves, *passed, value, emitted, moved, is_tag, windows, words, tags,
        CHUNK=chunk, HAS_GOLD=gold is not None, **tiles(tags),
    )  # fmt: skip
    if gold is not None:
        torch._assert_async(is_tag.all(), f"Expected tags from 0 to {tags - 1} on words.")
    return _Counts(value.sum(1), emitted, moved)


def _with_tags_together(emissions: Tensor) -> Tensor:
    return emissions if emissions.stride(2) == 1 else emissions.contiguous()


class _Value(torch.autograd.Function):
    """Log Z of each window (B), or the log-likelihood of its gold tags; the parameters come for autograd to see."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor,
        crf: "CRF", lengths: Tensor, gold: Tensor | None,
    ) -> Tensor:  # fmt: skip
        counts = _counts(crf, emissions, lengths, gold)
        ctx.save_for_backward(counts.emitted, counts.moved, lengths)
        ctx.crf, ctx.kinds = crf, (emissions.dtype, start.dtype)
        return counts.value

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        (emitted, moved, lengths), (kind, kind_of_moves) = ctx.saved_tensors, ctx.kinds
        windows, words, tags = emitted.shape
        grad = grad.double().contiguous()
        began, went, ended = (
            torch.empty(size, dtype=kind_of_moves, device=grad.device) for size in ((tags,), (tags, tags), (tags,))
        )
        legal = (ctx.crf.legal_start, ctx.crf.legal_pairs, ctx.crf.legal_end)
        _launch(
            kernels.weigh, (tags,), grad, emitted, moved, lengths, *legal, began, went, ended,
            windows, words, tags, moved.shape[1], BLOCK=_BLOCK, K=tiles(tags)["K"], num_warps=4,
        )  # fmt: skip
        emissions = (emitted * grad.to(emitted.dtype)[:, None, None]).to(kind)
        return emissions, began, went, ended, None, None, None


def _value(crf: "CRF", emissions: Tensor, lengths: Tensor, gold: Tensor | None) -> Tensor:
    return _Value.apply(emissions, crf.start_transitions, crf.transitions, crf.end_transitions, crf, lengths, gold)


def likelihood(crf: "CRF", emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Log-likelihood of the gold tags (B, W) of each window (B), float64, differentiable once."""
    return _value(crf, emissions, lengths, tags.to(torch.int64))


def log_partition(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Log Z of each window (B), float64, differentiable once."""
    return _value(crf, emissions, lengths, None)


def marginals(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """Probability of each tag at each word (B, W, T), zero on padding."""
    return _counts(crf, emissions, lengths, None).emitted


def best_path(crf: "CRF", emissions: Tensor, lengths: Tensor) -> Tensor:
    """The best tags (B, W), int64, zero on padding; among equals the lowest."""
    emissions = _with_tags_together(emissions.detach())
    windows, words, tags = emissions.shape
    paths = emissions.new_empty((windows, words), dtype=torch.int64)
    came = emissions.new_empty((windows, words, tags), dtype=torch.int8)
    _launch(
        kernels.best_paths, (windows,), emissions, *emissions.stride()[:2], lengths, *_moves(crf), came, paths,
        words, tags, **tiles(tags),
    )  # fmt: skip
    return paths


def run_probabilities(crf: "CRF", emissions: Tensor, lengths: Tensor, runs: Sequence[TagRun]) -> Tensor:
    """Probability of each run of tags (N), float64."""
    emissions = _with_tags_together(emissions.detach())
    moves = _moves(crf)
    both, _, is_safe = _messages(crf, moves, emissions, lengths)
    forward, backward = torch.where(is_safe[:, None, None], both.log(), both).transpose(1, 2)  # (W, B, T) each
    scores = emissions.double()
    peaks = torch.where(is_safe[:, None, None], scores.amax(-1, keepdim=True), 0)
    arriving = forward - (scores - peaks).transpose(0, 1)
    arriving = arriving.masked_fill(arriving.isnan(), -torch.inf)
    transitions = crf.transitions.detach().double().masked_fill(~crf.legal_pairs, -torch.inf)
    return run_probabilities_by(Messages(arriving, forward, backward), transitions, lengths, runs)
