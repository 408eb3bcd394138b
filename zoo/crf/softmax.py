"""What stands in the CRF's place where no moves are learnt: a softmax at every word, free or kept to a scheme."""

from collections.abc import Sequence

import torch
from torch import Tensor

from zoo.crf.buffers import as_buffers
from zoo.crf.linear_chain import CRF
from zoo.crf.recursions import Chain, path_score
from zoo.crf.runs import TagRun, check_runs
from zoo.data.tags import Transitions


class Softmax(CRF):
    """The CRF whose transitions are all zero: ``p(y | x)`` is the product over words of ``softmax(emissions)``.

    It takes and gives what :class:`CRF` does, and a loss of ``reduction="token_mean"`` is the mean cross-entropy. It
    has no parameters and forbids no move, so the tags it finds may break their scheme (an ``I`` after ``O``). Without
    moves there is nothing to recur over: every method is a few operations on whole tensors.

    Args:
        num_tags: Number of tags T.
        batch_first: Whether windows come before words in all shapes.

    Examples:
        >>> softmax, emissions = Softmax(2, batch_first=True), torch.tensor([[[0.0, 0.0], [9.0, 0.0]]])
        >>> round(softmax(emissions[:, :1], torch.tensor([[1]])).exp().item(), 3)
        0.5
        >>> softmax.viterbi(emissions), len(softmax.state_dict())
        (tensor([[0, 0]]), 0)
    """

    def __init__(self, num_tags: int, batch_first: bool = False) -> None:
        super().__init__(num_tags, batch_first, backend="torch")  # there is nothing to compile
        as_buffers(self, zero=True, persistent=False)

    def decode(self, emissions: Tensor, mask: Tensor | None = None) -> list[list[int]]:
        """The best tag of each word, as Python lists without padding; see :meth:`viterbi`."""
        chain = self._chain(emissions, mask)
        paths = chain.emissions.argmax(2).T.tolist()
        return [path[:length] for path, length in zip(paths, chain.mask.sum(0).tolist(), strict=True)]

    def viterbi(self, emissions: Tensor, mask: Tensor | None = None) -> Tensor:
        """The best tag of each word (B, W), zero on padding; among equals the lowest."""
        return self._turned(self._chain(emissions, mask).emissions.argmax(2))  # all are zero on padding

    def marginals(self, emissions: Tensor, mask: Tensor | None = None) -> Tensor:
        """Probability of each tag at each word (B, W, T), zero on padding; without gradient."""
        chain = self._chain(emissions.detach(), mask)
        unary = chain.emissions.softmax(2).masked_fill(~chain.mask[..., None], 0)
        return self._turned(unary).to(self._result_type(emissions))

    @torch.no_grad()
    def span_confidence(self, emissions: Tensor, mask: Tensor | None, spans: Sequence[TagRun]) -> Tensor:
        """Probability that the words of each run have its tags and the word after it none of ``next_forbidden``.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            mask: True on words (B, W).
            spans: N runs of tags, :class:`TagRun` or plain tuples in its order.

        Returns:
            N probabilities (N).

        Raises:
            ValueError: If a span does not lie within the words of its window or has not one tag a word.
        """
        chain = self._chain(emissions, mask)
        runs, lengths = [TagRun(*span) for span in spans], chain.mask.sum(0).tolist()
        check_runs(runs, lengths)
        log_likelihood = chain.emissions.log_softmax(2)  # (W, B, T)
        within = [(i, run.start + w, run.sequence, tag) for i, run in enumerate(runs) for w, tag in enumerate(run.tags)]
        after = [
            (i, run.end, run.sequence, tag)
            for i, run in enumerate(runs)
            if run.end < lengths[run.sequence]
            for tag in set(run.next_forbidden)
        ]
        has_tags = _sums(log_likelihood, within, len(runs)).exp()
        goes_on = _sums(log_likelihood.exp(), after, len(runs))
        return (has_tags * (1 - goes_on).clamp_min(0)).to(self._result_type(emissions))

    def _log_partition(self, chain: Chain) -> Tensor:
        return chain.emissions.logsumexp(2).masked_fill(~chain.mask, 0).sum(0)

    def _path_likelihood(self, chain: Chain, tags: Tensor) -> Tensor:
        return path_score(chain, tags) - self._log_partition(chain)


class LegalPaths(CRF):
    """The CRF that has nothing to learn: its moves are legal or not, and ``p(y | x)`` is else a softmax's.

    Args:
        num_tags: Number of tags T.
        constraints: The legal moves.
    """

    def __init__(self, num_tags: int, constraints: Transitions) -> None:
        super().__init__(num_tags, batch_first=True, constraints=constraints)
        as_buffers(self, zero=True, persistent=False)


def _sums(values: Tensor, places: Sequence[tuple[int, int, int, int]], runs: int) -> Tensor:
    """For each run (N) the sum of the values (W, B, T) at its places: (run, word, window, tag)."""
    run, word, window, tag = torch.tensor(places, dtype=torch.long, device=values.device).reshape(-1, 4).T
    return values.new_zeros(runs).index_add(0, run, values[word, window, tag])
