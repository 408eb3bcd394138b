"""How fast a run learns: pieces a second, and the share of what its device can compute."""

import time
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from zoo.pretraining.bert import BertPretraining
from zoo.pretraining.steps import Step

_SIZE = {"cpu": 1024, "cuda": 8192}  # of the matrices whose product tells what a device can compute


class Throughput(Callback):
    """Logs pieces a second and the model's share of the device's computing power (MFU), every so many steps.

    Counted is what learning takes at the least: forwards and backwards, no padding, scores of the vocabulary where a
    piece is masked, nothing computed twice; not the time in which held-out documents are read. The power is that of a
    product of large matrices on this very device, in the type that the run computes in. All figures are of one device;
    times what devices there are.

    Args:
        every: Steps.
        masked: Share of pieces that are masked.
    """

    def __init__(self, every: int, masked: float) -> None:
        self.every, self.masked = every, masked
        self._pieces = torch.zeros(())  # since the last line of the log
        self._since = self._power = 0.0
        self._all_pieces = self._all_seconds = self._work = 0.0

    @property
    def average(self) -> dict[str, float]:
        """Of all steps that were taken since the run was begun or resumed."""
        rate = self._all_pieces / self._all_seconds if self._all_seconds else 0.0
        return {"pieces_a_second": rate, "mfu": rate * self._work / self._power if self._power else 0.0}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measures the power."""
        assert isinstance(pl_module, BertPretraining)
        kinds = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
        self._power = product_rate(pl_module.device, kinds.get(str(trainer.precision), torch.float32))
        self._work = work_of_a_piece(pl_module.model.network.config, self.masked)
        self._pieces, self._since = torch.zeros((), device=pl_module.device), time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Step, batch_idx: int
    ) -> None:
        """Counts."""
        for examples in batch.parts:
            self._pieces += (examples.sequences > 0).sum()
        if (batch_idx + 1) % self.every == 0 or trainer.is_last_batch:
            seconds, pieces = time.perf_counter() - self._since, self._pieces.item()
            self._all_pieces, self._all_seconds = self._all_pieces + pieces, self._all_seconds + seconds
            rate = pieces / seconds
            pl_module.log_dict({"pieces_a_second": rate, "mfu": rate * self._work / self._power}, batch_size=1)
            self._pieces.zero_()
            self._since = time.perf_counter()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stops the clock."""
        self._since -= time.perf_counter()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lets it go on."""
        self._since += time.perf_counter()


def work_of_a_piece(config: Any, masked: float) -> float:
    """Floating-point operations by which a BERT learns from a piece: three times those of the way forward.

    Args:
        config: Of a BERT of transformers.
        masked: Share of pieces that are masked.

    Examples:
        >>> from transformers import BertConfig
        >>> round(work_of_a_piece(BertConfig(), 0.15) / 1e6)  # 85 million parameters of layers, and the vocabulary
        531
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    layer = 4 * hidden * hidden + 2 * hidden * inner
    vocabulary = hidden * hidden + hidden * config.vocab_size
    return 3 * 2 * (config.num_hidden_layers * layer + masked * vocabulary)


def product_rate(device: torch.device, kind: torch.dtype) -> float:
    """Floating-point operations a second of a product of large matrices, the best of five."""
    size = _SIZE.get(device.type, 4096)
    draw = torch.Generator(device)  # the run's own state is what dropout draws from
    left, right = (torch.randn(size, size, device=device, dtype=kind, generator=draw) for _ in range(2))
    best = float("inf")
    for _ in range(5):
        _wait(device)
        begun = time.perf_counter()
        left @ right
        _wait(device)
        best = min(best, time.perf_counter() - begun)
    return 2 * size**3 / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
