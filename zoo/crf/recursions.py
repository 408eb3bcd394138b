"""Sums and maxima over all tag paths of a linear chain.

A path ``y`` through W words has the score ``start[y_1] + Σ emission_t[y_t] + Σ transition[y_{t-1}, y_t] + end[y_W]``.
With ``Z`` the sum of ``exp(score)`` over all paths, the gradient of ``log Z`` is the expected count of each score used:
the probability of each tag at each word, and of each pair of neighbouring tags. Forward and backward messages give all
of them at once, so value and gradient are computed together and nothing is recorded over time.

Two ways to the same numbers, both in float64 whatever the emissions came in:

* *scaled*: products and sums of ``exp(score)``, rescaled before they can underflow. One small matrix product a word.
* *log space*: slower, for any range of scores. :func:`rescaling_interval` says when it is needed.

Inside this file time comes first: W words, B windows, T tags.

Source: Lafferty et al. (2001), section 3; Rabiner (1989), section V.A for the scaling.
"""

import math
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

TINY = torch.finfo(torch.float64).tiny
LOWEST = torch.finfo(torch.float64).min
NATS = 690.0  # exp(-690) is still a normal float64; a product of two messages has to stay above it
PREFIX_EXPECTED = "Expected a mask that is on from the first word to a window's last, then off"


class Chain(NamedTuple):
    """A batch of sequences and the scores of their paths.

    Args:
        emissions: Score of each tag at each word, float64, zero on padding (W, B, T); -inf forbids.
        mask: True on words, then False on padding (W, B).
        start: Score of beginning with a tag (T); -inf forbids, here and in the next two.
        transitions: Score of tag j after tag i (T, T).
        end: Score of ending with a tag (T).
        largest: Largest absolute value among the scores of legal moves ().
        mixing: Number of legal moves within which every tag leads to every tag; 0 if there is none.
    """

    emissions: Tensor
    mask: Tensor
    start: Tensor
    transitions: Tensor
    end: Tensor
    largest: Tensor
    mixing: int


class Posterior(NamedTuple):
    """What the paths of a chain come to.

    Args:
        log_partition: log Z (B).
        unary: Probability of each tag at each word, zero on padding (W, B, T).
        pairs: Expected number of times that tag j follows tag i (B, T, T).
    """

    log_partition: Tensor
    unary: Tensor
    pairs: Tensor


class Messages(NamedTuple):
    """Sums over the parts of paths that meet at a word; each (W, B, T), up to a factor per word.

    Args:
        arriving: Over the words before, for a tag at this word: ``forward`` of the word before, times transitions.
        forward: The same with this word's emission.
        backward: Over the words after, with this word's emission.
    """

    arriving: Tensor
    forward: Tensor
    backward: Tensor


@torch.no_grad()
def posterior(chain: Chain) -> Posterior:
    """Log Z and the expected counts, by the quickest recursion that is exact for these scores.

    By torch, on every device; on CUDA the guard is the one host read of a training step. What is compiled
    (:mod:`zoo.crf.backends`) takes the place of a whole call of the CRF, and no :class:`Chain` is made.
    """
    every = rescaling_interval(chain)
    return _scaled_posterior(chain, every) if every else _log_posterior(chain)


@torch.no_grad()
def log_messages(chain: Chain) -> Messages:
    """The messages in log space, by the recursion that :func:`posterior` takes."""
    every = rescaling_interval(chain)
    if not every:
        return _log_messages(chain)
    return Messages(*(message.log() for message in _scaled_messages(chain, every)[0]))


def log_normalised(scores: Tensor) -> Tensor:
    """Log-probabilities over the last dimension; all -inf, rather than nan, where nothing is possible."""
    return scores - scores.logsumexp(-1, keepdim=True).clamp_min(LOWEST)


def rescaling_interval(chain: Chain) -> int:
    """After how many words the scaled messages must be rescaled; 0 where only log space is safe.

    One word changes the ratio of two messages by at most ``r = range of its emissions + range of the moves + log T``
    nats. Messages forget what lies more than ``mixing`` words back, so no two that are above zero ever differ by more
    than ``mixing · r``. A product of two must stay above exp(-NATS); what two leave of NATS is spent between
    rescalings, in which a message loses ``r`` with every word. Where some tags never lead to some others (two separate
    chains), there is no such bound.
    """
    if chain.mask.numel() == 0:
        return 1
    spread = chain.emissions.amax(-1) - chain.emissions.amin(-1)  # (W, B)
    per_word = float(spread.amax() + 2 * chain.largest) + math.log(len(chain.start))
    # Written so that a nan, from emissions that are all -inf, falls through to log space.
    if chain.mixing and 2 * chain.mixing * per_word <= NATS:
        return max(int(NATS / (2 * per_word)) - chain.mixing, 1) if per_word > 0 else len(chain.mask)
    return 0


def _mirror(mask: Tensor) -> Tensor:
    """Row numbers that turn each sequence round within its own length; applied twice, they change nothing (W·B)."""
    words, windows = (torch.arange(size, device=mask.device) for size in mask.shape)
    turned = torch.where(mask, mask.sum(0) - 1 - words[:, None], words[:, None])  # (W, B)
    return (turned * len(windows) + windows).flatten()


def _turn(rows: Tensor, mirror: Tensor, out: Tensor | None = None) -> Tensor:
    flat = None if out is None else out.flatten(0, 1)
    return torch.index_select(rows.flatten(0, 1), 0, mirror, out=flat).view(rows.shape)


def _scaled_messages(chain: Chain, every: int) -> tuple[Messages, Tensor]:
    """Messages as numbers, and log Z (B).

    The backward messages are forward messages of the sequences turned round, so one batched product does both; turned
    within their own lengths, sequences need no mask in the loop.

    Args:
        chain: The scores.
        every: After how many words messages are divided by their sum; log Z is made of what they are divided by.
    """
    moves, mirror = chain.transitions.exp(), _mirror(chain.mask)
    peaks = chain.emissions.amax(-1, keepdim=True)  # (W, B, 1), zero on padding
    weights = (chain.emissions - peaks).exp_()  # (W, B, T)
    states = weights.new_empty(2, *weights.shape)  # (2, W, B, T), in place from weights to messages
    states[0] = weights
    _turn(weights, mirror, out=states[1])
    borders = torch.stack([chain.start, chain.end]).exp()  # (2, T)
    states[:, 0] *= borders[:, None]
    both_moves = torch.stack([moves, moves.T])  # (2, T, T)
    product, scales = torch.empty_like(states[:, 0]), []  # (2, B, T)
    before = None
    for word, state in enumerate(states.unbind(1)):
        if before is not None:
            state *= torch.bmm(before, both_moves, out=product)
        if word % every == 0:
            scales.append(state.sum(-1, keepdim=True).clamp_min_(TINY))  # (2, B, 1)
            state /= scales[-1]
        before = state

    forward, final = states[0], chain.mask.sum(0) - 1
    windows, times = (torch.arange(size, device=final.device) for size in (len(final), len(scales)))
    divided = torch.stack(scales)[:, 0]  # (times, B, 1), on padding, too
    counted = divided[..., 0].log().masked_fill_(times[:, None] * every > final, 0)
    log_partition = peaks.sum((0, 2)) + counted.sum(0) + (forward[final, windows] @ borders[1]).log()
    arriving = torch.div(forward, weights, out=weights)
    arriving[::every] *= divided
    return Messages(arriving, forward, _turn(states[1], mirror)), log_partition


def _scaled_posterior(chain: Chain, every: int) -> Posterior:
    """Probabilities and counts from the scaled messages; large tensors are reused, as allocating them takes longer."""
    (arriving, forward, backward), log_partition = _scaled_messages(chain, every)
    unary = arriving.mul_(backward)  # (W, B, T)
    total = unary.sum(-1, keepdim=True)  # (W, B, 1)
    # Nothing is expected on padding, nor of a window without a path, whose messages are zero here or there.
    total.masked_fill_((total == 0) | ~chain.mask[..., None], torch.inf)
    unary /= total
    following = backward.div_(total)[1:]  # (W-1, B, T)
    pairs = torch.bmm(forward[:-1].permute(1, 2, 0), following.transpose(0, 1))  # (B, T, T)
    return Posterior(log_partition, unary, pairs.mul_(chain.transitions.exp()))


def _log_messages(chain: Chain) -> Messages:
    """Logarithms of the messages, unscaled: float64 keeps 1e-9 of a score of five million."""
    mirror = _mirror(chain.mask)
    emissions = torch.stack([chain.emissions, _turn(chain.emissions, mirror)], 1)  # (W, 2, B, T)
    moves = torch.stack([chain.transitions, chain.transitions.T])[:, None]  # (2, 1, T, T)
    arriving = [torch.stack([chain.start, chain.end])[:, None].expand(emissions.shape[1:])]  # (2, B, T)
    for emission in emissions[:-1]:
        arriving.append(torch.logsumexp((arriving[-1] + emission)[..., None] + moves, -2))
    before = torch.stack(arriving)  # (W, 2, B, T)
    states = before + emissions
    return Messages(before[:, 0], states[:, 0], _turn(states[:, 1], mirror))


def _log_posterior(chain: Chain) -> Posterior:
    arriving, forward, backward = _log_messages(chain)
    total = torch.logsumexp(arriving + backward, -1, keepdim=True)  # (W, B, 1), log Z at every word
    finite = total.clamp_min(LOWEST)  # where there is no path at all, counts are zero rather than nan
    unary = (arriving + backward - finite).exp().masked_fill_(~chain.mask[..., None], 0)
    pairs = torch.zeros_like(chain.transitions).repeat(unary.shape[1], 1, 1)  # (B, T, T)
    for word in range(1, len(unary)):
        after = (backward[word] - finite[word])[:, None, :]
        pair = (forward[word - 1][:, :, None] + chain.transitions + after).exp()
        pairs += pair.masked_fill_(~chain.mask[word][:, None, None], 0)
    return Posterior(total[0, :, 0], unary, pairs)


def refuse_second_derivative() -> None:
    """For the backward of an analytic gradient: terms of a second one would be left out without a word.

    Raises:
        RuntimeError: If the gradient is to be differentiated again.
    """
    if torch.is_grad_enabled():
        raise RuntimeError("Expected one differentiation but got create_graph=True: set CRF(double_backward=True).")


class _Value(torch.autograd.Function):
    """Log Z, whose gradient is the expected counts, or the log-likelihood of gold tags: what they count less that.

    The tensors of the chain come first so that autograd sees them.
    """

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, start: Tensor, transitions: Tensor, end: Tensor, chain: Chain, tags: Tensor | None
    ) -> Tensor:
        value, unary, pairs = posterior(chain)
        if tags is not None:
            value = path_score(chain, tags) - value
            words = chain.mask.double()
            tags = tags.masked_fill(~chain.mask, 0)
            moves = tags[:-1] * len(start) + tags[1:]  # (W-1, B)
            unary.neg_().scatter_add_(2, tags[..., None], words[..., None])
            pairs.neg_().view(len(pairs), len(start) ** 2).scatter_add_(1, moves.T, words[1:].T)
        last = unary[chain.mask.sum(0) - 1, torch.arange(unary.shape[1], device=unary.device)]  # (B, T)
        ctx.save_for_backward(unary, pairs, last)
        return value

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative()
        unary, pairs, last = ctx.saved_tensors
        return unary * grad[:, None], grad @ unary[0], torch.tensordot(grad, pairs, 1), grad @ last, None, None


def log_partition(chain: Chain) -> Tensor:
    """Log Z of each window (B), differentiable once: its gradient is computed analytically."""
    return _Value.apply(chain.emissions, chain.start, chain.transitions, chain.end, chain, None)


def likelihood(chain: Chain, tags: Tensor) -> Tensor:
    """Log-likelihood of one path per window (B), differentiable once: its gradient is computed analytically.

    Args:
        chain: The scores.
        tags: The path (W, B); any value on padding.
    """
    return _Value.apply(chain.emissions, chain.start, chain.transitions, chain.end, chain, tags)


def log_partition_by_autograd(chain: Chain) -> Tensor:
    """Log Z of each window (B), differentiable any number of times: the textbook loop, recorded by autograd."""
    score = chain.start + chain.emissions[0]  # (B, T)
    for emission, on in zip(chain.emissions[1:], chain.mask[1:], strict=True):
        extended = torch.logsumexp(score[:, :, None] + chain.transitions, 1) + emission
        score = torch.where(on[:, None], extended, score)
    return torch.logsumexp(score + chain.end, 1)


def path_score(chain: Chain, tags: Tensor) -> Tensor:
    """Score of one path per window (B).

    Args:
        chain: The scores.
        tags: The path (W, B); any value on padding.
    """
    tags = tags.masked_fill(~chain.mask, 0)
    emitted = chain.emissions.gather(2, tags[..., None]).sum((0, 2))  # emissions are zero on padding
    moved = chain.transitions[tags[:-1], tags[1:]].masked_fill(~chain.mask[1:], 0).sum(0)
    last = tags.gather(0, chain.mask.sum(0, keepdim=True) - 1)[0]  # (B,)
    return chain.start[tags[0]] + emitted + moved + chain.end[last]


@torch.no_grad()
def best_path(chain: Chain) -> Tensor:
    """The path of the highest score, by Viterbi's algorithm (W, B); among equals the lowest tag, zero on padding.

    Only the best scores are kept going forward; which tag they came from is asked going back, along the best path
    alone. Nothing is read by the host.
    """
    # Windows come last, so that the maxima run over whole rows; emissions become scores in place.
    scores = chain.emissions.transpose(1, 2).clone(memory_format=torch.contiguous_format)  # (W, T, B)
    scores[0] += chain.start[:, None]
    moves = chain.transitions[..., None]
    joint = scores.new_empty(*moves.shape[:2], scores.shape[2])
    for before, score in pairwise(scores.unbind()):
        score += torch.add(before[:, None], moves, out=joint).amax(0)  # joint: (T from, T to, B)

    words, tags = (torch.arange(size, device=scores.device)[:, None] for size in scores.shape[:2])
    final = chain.mask.sum(0) - 1  # (B,)
    last = (scores[final, :, torch.arange(len(final), device=scores.device)] + chain.end).max(1).indices  # (B,)
    # From the last word on, only the last tag is left, so that the way back can begin anywhere in the padding.
    scores.masked_fill_((words >= final)[:, None] & (tags != last), -torch.inf)
    moves = chain.transitions.clamp_min(LOWEST / 2)
    path = [last]
    for score in scores.unbind()[-2::-1]:
        path.append(moves.index_select(1, path[-1]).add_(score).max(0).indices)
    return torch.stack(path[::-1]).masked_fill_(~chain.mask, 0)
