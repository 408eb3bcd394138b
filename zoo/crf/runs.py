"""Runs of tags, and how probable each is."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from zoo.crf import recursions
from zoo.crf.recursions import Chain, Messages, log_normalised


class TagRun(NamedTuple):
    """A stretch of words with their tags, of which :meth:`zoo.crf.CRF.span_confidence` tells the probability.

    Args:
        sequence: Number of the window in the batch.
        start: First word.
        end: One past the last word.
        tags: The tag of each word.
        next_forbidden: Tags that the word at ``end`` must not have, where there is such a word. In IOB2 a span stops
            only if no ``I`` of its label follows.
    """

    sequence: int
    start: int
    end: int
    tags: tuple[int, ...]
    next_forbidden: tuple[int, ...] = ()


def check_runs(runs: Sequence[TagRun], lengths: Sequence[int]) -> None:
    """Compares runs with the windows they are in.

    Raises:
        ValueError: If one is not within its window, or has not one tag a word.
    """
    for run in runs:
        inside = 0 <= run.sequence < len(lengths) and 0 <= run.start < run.end <= lengths[run.sequence]
        if not inside or len(run.tags) != run.end - run.start:
            raise ValueError(f"Expected a span within its window, with one tag a word, but got {run}.")


def run_probabilities(chain: Chain, runs: Sequence[TagRun]) -> Tensor:
    """Probability of each run (N), by the Markov chain described in :meth:`zoo.crf.CRF.span_confidence`."""
    return run_probabilities_by(recursions.log_messages(chain), chain.transitions, chain.mask.sum(0), runs)


def run_probabilities_by(messages: Messages, transitions: Tensor, lengths: Tensor, runs: Sequence[TagRun]) -> Tensor:
    """Probability of each run (N), from messages that are there already.

    Args:
        messages: Their logarithms, up to a number a word.
        transitions: Score of tag j after tag i, -inf where that is illegal (T, T).
        lengths: Words of each window (B).
        runs: N of them.
    """
    arriving, _, backward = messages
    device, longest = backward.device, max((len(run.tags) for run in runs), default=0)
    if not longest:
        return backward.new_zeros(0)
    windows, starts, ends = torch.tensor([run[:3] for run in runs], device=device).T  # (N,) each
    tags = torch.tensor([[*run.tags, *[run.tags[-1]] * (longest - len(run.tags))] for run in runs], device=device)
    forbidden = torch.zeros(len(runs), backward.shape[2], dtype=torch.bool)  # (N, T)
    for row, run in zip(forbidden, runs, strict=True):
        row[list(run.next_forbidden)] = True
    forbidden = forbidden.to(device)

    here = log_normalised((arriving + backward)[starts, windows])  # (N, T)
    result = here.gather(1, tags[:, :1])[:, 0]
    for offset in range(1, longest + 1):  # the last round is for the word after the longest runs
        word = (starts + offset).clamp_max(len(backward) - 1)
        moves = log_normalised(transitions[tags[:, offset - 1]] + backward[word, windows])  # (N, T)
        stops = (starts + offset == ends) & (ends < lengths[windows])
        free = moves.masked_fill(forbidden, -torch.inf).logsumexp(1)
        goes_on = moves.gather(1, tags[:, offset : offset + 1])[:, 0] if offset < longest else torch.zeros_like(free)
        result = result + torch.where(starts + offset < ends, goes_on, torch.where(stops, free, 0.0))
    return result.exp().clamp_max(1)
