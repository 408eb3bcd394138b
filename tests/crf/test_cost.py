"""What the CRF by torch costs on any device, counted in tensor operations."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from zoo.crf import CRF, Softmax


class _Operations(TorchDispatchMode):
    """Counts tensor operations that are not views, and reads by the host."""

    kernels = host_reads = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten._local_scalar_dense.default:
            self.host_reads += 1
        elif not function.is_view and "empty" not in function.name():
            self.kernels += 1
        return function(*args, **(kwargs or {}))


def test_a_training_step_takes_few_kernels() -> None:
    """The number of tensor operations is what a GPU step costs; two a word, and at most 140 besides."""
    words = 64
    crf, emissions = CRF(9, batch_first=True, backend="torch"), torch.randn(4, words, 9, requires_grad=True)
    mask = torch.arange(words) < torch.tensor([words, 9, 1, 30])[:, None]
    counter = _Operations()
    with counter:
        crf(emissions, torch.zeros(4, words, dtype=torch.long), mask).backward()
    assert counter.kernels <= 2 * words + 140
    assert counter.host_reads <= 4
    counter = _Operations()
    with counter:
        crf.viterbi(emissions)
    assert not counter.host_reads
    assert counter.kernels <= 6 * words + 40


def test_a_softmax_takes_as_many_kernels_for_any_number_of_words() -> None:
    counts = []
    for words in (8, 64):
        emissions = torch.randn(4, words, 9, requires_grad=True)
        counter = _Operations()
        with counter:
            Softmax(9, batch_first=True)(emissions, torch.zeros(4, words, dtype=torch.long)).backward()
        counts.append(counter.kernels)
    assert counts[0] == counts[1]
