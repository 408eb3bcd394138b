"""How far one CRF's paths are from another's, over all of them at once."""

import torch
from torch import Tensor

from zoo.crf.linear_chain import CRF
from zoo.crf.recursions import posterior


def path_cross_entropy(
    student: CRF, emissions: Tensor, teacher: CRF, taught: Tensor, mask: Tensor | None = None
) -> Tensor:
    """Cross-entropy of two distributions over tag paths, ``-Σ_y q(y) log p(y)``, summed exactly.

    With the teacher's q a chain, too, the expectation of the student's score needs no more of q than the probability
    of each tag at each word and the expected number of each move:

        -Σ_y q(y) log p(y) = log Z_p - Σ_w Σ_k q_w(k) emission_w[k] - Σ_ij q(i, j) transition[i, j]
                             - Σ_k q_1(k) start[k] - Σ_k q_W(k) end[k]

    Args:
        student: Gives p; gradients reach its parameters.
        emissions: The student's scores of each tag at each word (B, W, T), with gradient.
        teacher: Gives q; it must forbid all moves that the student forbids.
        taught: The teacher's scores (B, W, T), without gradient.
        mask: True on words (B, W).

    Returns:
        One number a window (B), in nats; at least the entropy of q, which it is where p is q.

    Raises:
        ValueError: If shapes do not fit, or the mask is not a prefix mask.

    Source: Wang, Jiang, Yan et al., "Structural knowledge distillation: tractably distilling information for structured
    predictor" (ACL 2021), section 3.
    """
    with torch.no_grad():
        chain = teacher._chain(taught, mask)
        expected = posterior(chain)
    log_partition = student.log_partition(emissions, mask)
    counts = expected.unary  # (W, B, T)
    last = counts[chain.mask.sum(0) - 1, torch.arange(counts.shape[1], device=counts.device)]  # (B, T)
    score = (
        (counts * student._turned(emissions)).sum((0, 2))
        + (expected.pairs * student.transitions).sum((1, 2))
        + counts[0] @ student.start_transitions.double()
        + last @ student.end_transitions.double()
    )
    return log_partition - score.to(log_partition.dtype)
