"""Many paths of a linear chain rather than the best: the n best, a random one, and how many there really are.

Time comes first, as in :mod:`zoo.crf.recursions`: W words, B windows, T tags. All is done without gradient, in float64.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from zoo.crf.recursions import LOWEST, Chain, log_messages, log_normalised


class BestPaths(NamedTuple):
    """The best paths of each window, the best first.

    Args:
        tags: Shape (B, N, W), zero on padding and where there are fewer paths than N.
        log_probabilities: Shape (B, N); -inf where there are fewer.
    """

    tags: Tensor
    log_probabilities: Tensor


@torch.no_grad()
def best_paths(chain: Chain, count: int) -> tuple[Tensor, Tensor]:
    """The N best paths by Viterbi's algorithm with N hypotheses a tag.

    Args:
        chain: The scores.
        count: N.

    Returns:
        Tags (W, B, N), zero on padding, and scores (B, N) of the paths, best first; -inf where there are fewer.

    Source: Schwartz & Chow, "The N-best algorithm" (ICASSP 1990), section 3: exact N-best paths.
    """
    words, windows, tags = chain.emissions.shape
    scores = chain.emissions.new_full((windows, tags, count), -torch.inf)
    scores[..., 0] = chain.start + chain.emissions[0]
    came: list[Tensor] = []
    for word in range(1, words):
        joint = scores[:, :, None] + chain.transitions[:, :, None]  # (B, T from, T to, N)
        best = joint.transpose(2, 3).flatten(1, 2).topk(count, dim=1)  # of T·N hypotheses: (B, N, T to)
        extended = best.values.transpose(1, 2) + chain.emissions[word][..., None]  # (B, T, N)
        on = chain.mask[word][:, None, None]
        scores = torch.where(on, extended, scores)
        stay = torch.arange(tags * count, device=scores.device).view(tags, count)
        came.append(torch.where(on, best.indices.transpose(1, 2), stay))  # hypothesis: tag · N + rank

    ended = (scores + chain.end[:, None]).flatten(1).topk(min(count, tags * count), dim=1)
    hypothesis = ended.indices  # (B, N)
    path = [hypothesis // count]
    for back in reversed(came):
        hypothesis = back.flatten(1).gather(1, hypothesis)
        path.append(hypothesis // count)
    found = torch.stack(path[::-1]) * chain.mask[..., None]  # (W, B, N)
    return found * (ended.values > -torch.inf), ended.values


@torch.no_grad()
def sample(chain: Chain, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Draws paths by their probability, each on its own: the first tag, then each given the one before.

    Args:
        chain: The scores; every window with a path.
        count: How many paths of each window, N.
        generator: Of random numbers.

    Returns:
        Tags (W, B, N), zero on padding.
    """
    messages = log_messages(chain)
    logits = (messages.arriving[0] + messages.backward[0])[:, None].expand(-1, count, -1)  # (B, N, T)
    path = [_drawn(logits, generator)]
    for word in range(1, len(chain.mask)):
        path.append(_drawn(chain.transitions[path[-1]] + messages.backward[word][:, None], generator))
    return torch.stack(path) * chain.mask[..., None]


def _drawn(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    """An index of the last dimension by its log-probability, up to a constant; by the largest of Gumbel's numbers."""
    uniform = torch.rand(logits.shape, dtype=logits.dtype, device=logits.device, generator=generator)
    noise = -(-uniform.clamp(min=torch.finfo(logits.dtype).tiny).log()).log()
    return (logits.clamp_min(LOWEST) + noise).argmax(-1)


@torch.no_grad()
def entropy(chain: Chain) -> Tensor:
    """How uncertain the path of each window is, in nats (B): the sum of what is uncertain of each tag given the last.

    Every term is an expectation of entropies, none is below zero, and nothing of the size of the scores is subtracted,
    so that a certain path has an entropy of zero whatever its score. Zero where there is no path.
    """
    messages = log_messages(chain)
    first = log_normalised(messages.arriving[0] + messages.backward[0])  # (B, T)
    total = _entropy_of(first)
    here = first.exp()
    for word in range(1, len(chain.mask)):
        on = chain.mask[word]
        moves = log_normalised(chain.transitions + messages.backward[word][:, None])  # (B, T, T): given the tag before
        total = total + torch.where(on, (here * _entropy_of(moves)).sum(1), 0.0)
        here = torch.where(on[:, None], torch.bmm(here[:, None], moves.exp())[:, 0], here)
    return total


def _entropy_of(log_probabilities: Tensor) -> Tensor:
    return -(log_probabilities.exp() * log_probabilities.clamp_min(LOWEST)).sum(-1)
