"""The linear-chain conditional random field, as a module."""

from collections.abc import Sequence
from types import ModuleType

import torch
from torch import Tensor, nn

from zoo.crf import paths, recursions
from zoo.crf.backends import Backend, check_backend, compiled_for
from zoo.crf.paths import BestPaths
from zoo.crf.recursions import LOWEST, PREFIX_EXPECTED, Chain
from zoo.crf.runs import TagRun, check_runs, run_probabilities
from zoo.data.tags import Transitions

REDUCTIONS = ("sum", "mean", "token_mean", "none")


class CRF(nn.Module):
    """Linear-chain conditional random field: ``p(y | x) = exp(score(x, y)) / Z(x)``.

    ``score`` adds an emission for each word's tag, a transition for each pair of neighbouring tags, and one score each
    for the first and the last tag. Constructor, parameters and the meaning of :meth:`forward` and :meth:`decode` are
    those of ``torchcrf.CRF`` (pytorch-crf), and state dicts interchange both ways.

    Shapes are written batch first; with ``batch_first=False`` the first two dimensions of every argument and result
    are swapped. A mask is True on a window's words and False on the padding after them; None means no padding. A mask
    with holes, or without a first word, is a ValueError on CPU; on CUDA it is an assertion on the device, so that the
    host need not wait. Arithmetic is in float64 (so not on MPS devices) from emissions of any floating type; scores
    come back in float32 or better.

    Moves that ``constraints`` forbid have probability zero in training, marginals and decoding, whatever the parameters
    hold; the parameters of such moves get no gradient. A gold path that makes one has log-likelihood -inf (and finite
    gradients, as if the forbidden moves were left out of it): look for it beforehand with :meth:`permits`.

    Args:
        num_tags: Number of tags T.
        batch_first: Whether windows come before words in all shapes.
        constraints: The legal moves, as :func:`zoo.data.tags.legal_transitions` gives them; None allows all.
        double_backward: Whether gradients of gradients are wanted. The recursion is then recorded by autograd, several
            times slower; otherwise gradients are analytic, and ``create_graph=True`` is a RuntimeError.
        backend: What computes: one of :data:`zoo.crf.backends.Backend`. All come to the same.

    Raises:
        ImportError: If the backend is not installed.
        ValueError: If ``num_tags`` is not positive, ``constraints`` are for another number of tags, or there is no such
            backend.

    Source: Lafferty et al. (2001).
    """

    legal_start: Tensor
    legal_end: Tensor
    legal_pairs: Tensor

    def __init__(
        self,
        num_tags: int,
        batch_first: bool = False,
        *,
        constraints: Transitions | None = None,
        double_backward: bool = False,
        backend: Backend = "auto",
    ) -> None:
        super().__init__()
        check_backend(backend)
        if num_tags < 1:
            raise ValueError(f"Expected at least one tag but got num_tags={num_tags}.")
        self.num_tags = num_tags
        self.batch_first = batch_first
        self.double_backward = double_backward
        self.backend = backend
        self.start_transitions = nn.Parameter(torch.empty(num_tags))
        self.end_transitions = nn.Parameter(torch.empty(num_tags))
        self.transitions = nn.Parameter(torch.empty(num_tags, num_tags))
        everything = Transitions([True] * num_tags, [True] * num_tags, [[True] * num_tags] * num_tags)
        legal = [torch.tensor(moves, dtype=torch.bool) for moves in constraints or everything]
        if [tuple(moves.shape) for moves in legal] != [(num_tags,), (num_tags,), (num_tags, num_tags)]:
            raise ValueError(f"Expected constraints for {num_tags} tags but got them for {len(legal[0])}.")
        self.constrained = constraints is not None
        for name, moves in zip(("legal_start", "legal_end", "legal_pairs"), legal, strict=True):
            self.register_buffer(name, moves, persistent=False)  # so that state dicts stay those of torchcrf
        self.mixing = _mixing_moves(legal[2])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws every parameter from U(-0.1, 0.1)."""
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)

    def extra_repr(self) -> str:
        """What ``repr`` shows between the brackets."""
        return f"num_tags={self.num_tags}, batch_first={self.batch_first}, constrained={self.constrained}"

    def forward(self, emissions: Tensor, tags: Tensor, mask: Tensor | None = None, reduction: str = "sum") -> Tensor:
        """Log-likelihood of the gold tags: their score less log Z. A loss is its negative.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            tags: Gold tag of each word (B, W); anything on padding.
            mask: True on words (B, W).
            reduction: ``sum`` over windows, their ``mean``, ``token_mean`` (the sum a word) or ``none``.

        Returns:
            One number (), or with ``none`` one a window (B).

        Raises:
            ValueError: If shapes do not fit, the mask is not a prefix mask, or there is no such reduction.
        """
        if reduction not in REDUCTIONS:
            raise ValueError(f"Expected a reduction out of {', '.join(REDUCTIONS)} but got {reduction!r}.")
        if tags.shape != emissions.shape[:2]:
            raise ValueError(f"Expected tags of shape {tuple(emissions.shape[:2])} but got {tuple(tags.shape)}.")
        likelihood, lengths = self._likelihood(emissions, tags, mask)  # (B,), (B,)
        likelihood = likelihood.to(self._result_type(emissions))
        if reduction == "none":
            return likelihood
        if reduction == "sum":
            return likelihood.sum()
        # A batch without windows counts as one, so that its mean is zero and not nan.
        if reduction == "mean":
            return likelihood.sum() / max(len(likelihood), 1)
        return likelihood.sum() / lengths.sum().clamp_min(1)

    def _likelihood(self, emissions: Tensor, tags: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Log-likelihood of each window (B), and its number of words (B)."""
        if (compiled := compiled_for(emissions, self.backend)) and not self.double_backward:
            batch, lengths = self._windows(compiled, emissions, mask)
            return compiled.likelihood(self, batch, self._windows_first(tags), lengths), lengths
        chain = self._chain(emissions, mask)
        return self._path_likelihood(chain, self._turned(tags)), chain.mask.sum(0)

    def decode(self, emissions: Tensor, mask: Tensor | None = None) -> list[list[int]]:
        """The best tags of each window, as Python lists without padding; see :meth:`viterbi`."""
        if compiled := compiled_for(emissions, self.backend):
            batch, lengths = self._windows(compiled, emissions, mask)
            tags, sizes = compiled.best_path(self, batch, lengths).tolist(), lengths.tolist()
        else:
            chain = self._chain(emissions, mask)
            tags, sizes = recursions.best_path(chain).T.tolist(), chain.mask.sum(0).tolist()
        return [path[:length] for path, length in zip(tags, sizes, strict=True)]

    def viterbi(self, emissions: Tensor, mask: Tensor | None = None) -> Tensor:
        """The best tags of each window (B, W), zero on padding; among equals the lowest. The host waits for nothing."""
        if compiled := compiled_for(emissions, self.backend):
            return self._windows_first(compiled.best_path(self, *self._windows(compiled, emissions, mask)))
        return self._turned(recursions.best_path(self._chain(emissions, mask)))

    def marginals(self, emissions: Tensor, mask: Tensor | None = None) -> Tensor:
        """Exact probability of each tag at each word (B, W, T), zero on padding; without gradient."""
        if compiled := compiled_for(emissions, self.backend):
            unary = self._windows_first(compiled.marginals(self, *self._windows(compiled, emissions, mask)))
        else:
            unary = self._turned(recursions.posterior(self._chain(emissions, mask)).unary)
        return unary.to(self._result_type(emissions))

    def log_partition(self, emissions: Tensor, mask: Tensor | None = None, allowed: Tensor | None = None) -> Tensor:
        """Log Z, over all legal paths or those within a lattice.

        ``log_partition(…, allowed) - log_partition(…)`` is the log-probability that the path lies in the lattice, and
        so the log-likelihood of a partial annotation.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            mask: True on words (B, W).
            allowed: Tags that a path may have at each word (B, W, T), boolean; anything on padding.

        Returns:
            One number a window (B); -inf where no path is left.
        """
        if (compiled := compiled_for(emissions, self.backend)) and not self.double_backward:
            within = emissions if allowed is None else emissions.masked_fill(~allowed, -torch.inf)
            value = compiled.log_partition(self, *self._windows(compiled, within, mask))
        else:
            value = self._log_partition(self._chain(emissions, mask, allowed))
        return value.to(self._result_type(emissions))

    def permits(self, tags: Tensor, mask: Tensor | None = None) -> Tensor:
        """Whether each window's tags make only legal moves (B), boolean.

        Args:
            tags: Tag of each word (B, W); anything on padding.
            mask: True on words (B, W).
        """
        tags = self._turned(tags)  # (W, B)
        mask = torch.ones_like(tags, dtype=torch.bool) if mask is None else self._turned(mask).bool()
        tags = tags.masked_fill(~mask, 0)
        last = tags.gather(0, mask.sum(0, keepdim=True) - 1)[0]
        moves = (self.legal_pairs[tags[:-1], tags[1:]] | ~mask[1:]).all(0)
        return moves & self.legal_start[tags[0]] & self.legal_end[last]

    @torch.no_grad()
    def span_confidence(self, emissions: Tensor, mask: Tensor | None, spans: Sequence[TagRun]) -> Tensor:
        """Probability of each of these runs of tags: that the path has exactly them at these words.

        Given the emissions, a path is a Markov chain: the first tag has its marginal probability, and the move from
        tag i to tag j at word t+1 has one proportional to ``exp(transition[i, j]) · backward_{t+1}[j]``. One pass over
        the batch gives the messages; then all spans are followed together, word by word.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            mask: True on words (B, W).
            spans: N runs of tags, :class:`TagRun` or plain tuples in its order.

        Returns:
            N probabilities (N).

        Raises:
            ValueError: If a span does not lie within the words of its window or has not one tag a word.
        """
        runs = [TagRun(*span) for span in spans]
        if compiled := compiled_for(emissions, self.backend):
            batch, lengths = self._windows(compiled, emissions, mask)
            check_runs(runs, lengths.tolist())
            found = compiled.run_probabilities(self, batch, lengths, runs)
        else:
            chain = self._chain(emissions, mask)
            check_runs(runs, chain.mask.sum(0).tolist())
            found = run_probabilities(chain, runs)
        return found.to(self._result_type(emissions))

    def best_paths(self, emissions: Tensor, mask: Tensor | None = None, count: int = 2) -> BestPaths:
        """The best tag sequences of each window, the best first, with their log-probabilities; without gradient.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            mask: True on words (B, W).
            count: How many of each window, N.

        Raises:
            ValueError: If ``count`` is not positive.
        """
        if count < 1:
            raise ValueError(f"Expected at least one path but got count={count}.")
        chain = self._chain(emissions.detach(), mask)
        found, scores = paths.best_paths(chain, count)
        # Where there is no path, -inf is less than it: log-probabilities are of paths that are there.
        log_partition = self._log_partition(chain).detach().clamp_min(LOWEST)
        log_probabilities = (scores - log_partition[:, None]).to(self._result_type(emissions)).clamp_max(0)
        return BestPaths(found.permute(1, 2, 0), log_probabilities)

    def sample(
        self,
        emissions: Tensor,
        mask: Tensor | None = None,
        count: int = 1,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Draws tag sequences by their probability, each on its own.

        Args:
            emissions: Score of each tag at each word (B, W, T).
            mask: True on words (B, W).
            count: How many of each window, N.
            generator: Of random numbers, on the device of the emissions.

        Returns:
            Tags (B, N, W), zero on padding; of a window without legal path, no legal one.

        Raises:
            ValueError: If ``count`` is not positive.
        """
        if count < 1:
            raise ValueError(f"Expected at least one path but got count={count}.")
        return paths.sample(self._chain(emissions.detach(), mask), count, generator).permute(1, 2, 0)

    def entropy(self, emissions: Tensor, mask: Tensor | None = None) -> Tensor:
        """How uncertain the tags of each window are (B), in nats: 0 if one path is certain; without gradient."""
        return paths.entropy(self._chain(emissions.detach(), mask)).to(self._result_type(emissions))

    def _turned(self, batch: Tensor) -> Tensor:
        """Between the caller's order of dimensions and words first, the order of the recursions; its own inverse."""
        return batch.transpose(0, 1) if self.batch_first else batch

    def _windows_first(self, batch: Tensor) -> Tensor:
        """Between the caller's order of dimensions and windows first; its own inverse."""
        return batch if self.batch_first else batch.transpose(0, 1)

    def _result_type(self, emissions: Tensor) -> torch.dtype:
        return torch.promote_types(torch.promote_types(emissions.dtype, self.transitions.dtype), torch.float32)

    def _log_partition(self, chain: Chain) -> Tensor:
        by = recursions.log_partition_by_autograd if self.double_backward else recursions.log_partition
        return by(chain)

    def _path_likelihood(self, chain: Chain, tags: Tensor) -> Tensor:
        """Log-likelihood of one path (W, B) per window (B)."""
        if self.double_backward:
            return recursions.path_score(chain, tags) - self._log_partition(chain)
        return recursions.likelihood(chain, tags)

    def _check_shapes(self, emissions: Tensor, mask: Tensor | None) -> None:
        if emissions.dim() != 3 or emissions.shape[2] != self.num_tags:
            raise ValueError(f"Expected emissions of shape (B, W, {self.num_tags}) but got {tuple(emissions.shape)}.")
        if not emissions.shape[1 if self.batch_first else 0]:
            raise ValueError(f"Expected at least one word but got emissions of shape {tuple(emissions.shape)}.")
        if mask is not None and mask.shape != emissions.shape[:2]:
            raise ValueError(f"Expected a mask of shape {tuple(emissions.shape[:2])} but got {tuple(mask.shape)}.")

    def _windows(self, compiled: ModuleType, emissions: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """The batch as compiled recursions want it: windows first (B, W, T), and the number of words of each (B)."""
        self._check_shapes(emissions, mask)
        batch = self._windows_first(emissions)
        if mask is None:
            return batch, torch.full((len(batch),), batch.shape[1], device=batch.device)
        on = self._windows_first(mask).bool()
        if (lengths := compiled.lengths_of(on)) is None:
            _check_prefix(on.T)  # which says where
        return batch, lengths

    def _chain(self, emissions: Tensor, mask: Tensor | None, allowed: Tensor | None = None) -> Chain:
        """The batch as the recursions want it: words first, float64, zero on padding, -inf on forbidden moves."""
        self._check_shapes(emissions, mask)
        # A copy of its own, which may be written to. (W, B, T)
        scores = self._turned(emissions).to(torch.float64, copy=True, memory_format=torch.contiguous_format)
        if allowed is not None:
            scores.masked_fill_(~self._turned(allowed), -torch.inf)
        if mask is None:
            on = torch.ones(scores.shape[:2], dtype=torch.bool, device=scores.device)
        else:
            on = self._turned(mask).bool()
            _check_prefix(on)
            scores.masked_fill_(~on[..., None], 0)
        return Chain(
            emissions=scores,
            mask=on,
            start=self._forbidding(self.start_transitions, self.legal_start),
            transitions=self._forbidding(self.transitions, self.legal_pairs),
            end=self._forbidding(self.end_transitions, self.legal_end),
            largest=self._largest(),
            mixing=self.mixing,
        )

    def _forbidding(self, scores: Tensor, legal: Tensor) -> Tensor:
        return (scores.masked_fill(~legal, -torch.inf) if self.constrained else scores).double()

    @torch.no_grad()
    def _largest(self) -> Tensor:
        """Largest absolute value among the parameters of legal moves ()."""
        moves = torch.cat([self.start_transitions, self.end_transitions, self.transitions.flatten()])
        legal = torch.cat([self.legal_start, self.legal_end, self.legal_pairs.flatten()])
        return moves.masked_fill(~legal, 0).abs().amax()


def _mixing_moves(legal: Tensor, most: int = 16) -> int:
    """The least number of legal moves after which any tag can have become any tag; 0 if there is none up to ``most``.

    1 without constraints, 2 for IOB2, 3 for BIOES of several labels. A number above ``most`` would be of no use to
    :func:`zoo.crf.recursions.rescaling_interval`, which reads it.
    """
    reached = step = legal.double()
    for moves in range(1, most + 1):
        if reached.all():
            return moves
        reached = (reached @ step).clamp_max(1)
    return 0


def _check_prefix(mask: Tensor) -> None:
    """Refuses a mask (W, B) that is not some words, then only padding."""
    falling = mask[0].all() & (mask[:-1] | ~mask[1:]).all()
    if mask.is_cuda:
        torch._assert_async(falling, PREFIX_EXPECTED)
    elif not falling:
        wrong = ~(mask[0] & (mask[:-1] | ~mask[1:]).all(0))
        window = int(wrong.nonzero()[0])
        raise ValueError(f"{PREFIX_EXPECTED}, but got {mask[:, window].int().tolist()} in window {window}.")
