"""Epochs of masked examples as optimizer steps, dealt to devices: the same steps on however many there are."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from zoo.pretraining.masked_examples import Epoch, Examples, Masking
from zoo.pretraining.shards import Shards
from zoo.text.pieces import PieceTokenizer

_OF_HELD_OUT = 1 << 31  # number of the epoch that held-out documents are read in, whenever they are


class Step(NamedTuple):
    """What one device learns from before the weights move.

    Args:
        parts: Its rows, as many at once as it can hold; every device has as many parts.
        masked: Masked pieces in the rows of all devices; where words are masked whole, at the most.
        sequences: Sequences in them.
    """

    parts: tuple[Examples, ...]
    masked: int
    sequences: int


class EpochSteps(Dataset[Step]):
    """The steps of an epoch, as one device sees them.

    Args:
        epoch: Planned.
        rows: Of a step, on all devices together; the last step has what is left.
        rows_at_once: That a device can hold.
        rank: Of the device.
        devices: How many there are.
        fixed: Whether all parts of an epoch have the same shapes, filled up where there is less.
    """

    def __init__(
        self, epoch: Epoch, rows: int, rows_at_once: int, rank: int = 0, devices: int = 1, *, fixed: bool = False
    ) -> None:
        self.epoch, self.rows, self.rows_at_once, self.rank, self.devices = epoch, rows, rows_at_once, rank, devices
        self.fixed = fixed

    def __len__(self) -> int:
        return -(-len(self.epoch) // self.rows)

    def __getitem__(self, number: int) -> Step:
        if not 0 <= number < len(self):
            raise IndexError(f"Expected a step below {len(self)} but got {number}.")
        of_all = range(number * self.rows, min((number + 1) * self.rows, len(self.epoch)))
        own = of_all[self.rank :: self.devices]
        most = -(-len(of_all) // self.devices)  # rows of the device that has most
        parts = [own[begin : begin + self.rows_at_once] for begin in range(0, most, self.rows_at_once)]
        return Step(tuple(map(self._examples, parts)), *self.epoch.to_mask(of_all))

    def _examples(self, rows: range) -> Examples:
        """Rows, or a blank one for a device that has nothing left while others do."""
        size = min(self.rows_at_once, -(-self.rows // self.devices)) if self.fixed else 0
        if len(rows):
            return self.epoch.examples(rows, size)
        blank = Examples.blank(self.epoch.masking.row_pieces)
        return blank.filled(size, size * self.epoch.most_masked, size * self.epoch.most_sequences) if size else blank


class Steps:
    """All steps of a run, through as many epochs as they take.

    It goes on in the middle of an epoch where it is told to: Lightning stores its state in every checkpoint. The state
    counts steps of all devices, so it holds on any number of them.

    Args:
        shards: The corpus.
        tokenizer: By which it was cut.
        masking: How sequences are made and masked.
        seed: Of all that is drawn.
        total: Steps of the run.
        rows: Of a step.
        rows_at_once: That a device can hold.
        rank: Of the device.
        devices: How many there are.
        workers: Processes that make examples; 0 makes them in this one.
        pinned: Whether they are put where a GPU can fetch them while it computes.
        fixed: Whether all parts of an epoch have the same shapes.
    """

    def __init__(
        self,
        shards: Shards,
        tokenizer: PieceTokenizer,
        masking: Masking,
        *,
        seed: int,
        total: int,
        rows: int,
        rows_at_once: int,
        rank: int = 0,
        devices: int = 1,
        workers: int = 0,
        pinned: bool = False,
        fixed: bool = False,
    ) -> None:
        self.shards, self.tokenizer, self.masking, self.seed, self.total = shards, tokenizer, masking, seed, total
        self.dealt: dict[str, Any] = {"rows": rows, "rows_at_once": rows_at_once, "rank": rank, "devices": devices}
        self.dealt["fixed"] = fixed
        self.workers, self.pinned = workers, pinned
        self.done = self.epoch = self.within = 0

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[Step]:
        while self.done < self.total:
            epoch = Epoch(self.shards, self.tokenizer, self.masking, self.seed, self.epoch)
            steps = EpochSteps(epoch, **self.dealt)
            stop = min(len(steps), self.within + self.total - self.done)
            loader = DataLoader(
                steps,
                batch_size=None,
                sampler=range(self.within, stop),
                num_workers=self.workers,
                pin_memory=self.pinned,
                generator=torch.Generator(),  # or each epoch would draw from the random state that dropout uses
            )
            for step in loader:
                self.done, self.within = self.done + 1, self.within + 1
                yield step
            if self.within == len(steps):
                self.epoch, self.within = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """How many steps were handed out, and where that is."""
        return {"done": self.done, "epoch": self.epoch, "within": self.within}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Makes the next step the one after these."""
        self.done, self.epoch, self.within = state["done"], state["epoch"], state["within"]


class PretrainingData(LightningDataModule):
    """A corpus to learn from, and held-out documents, as steps.

    Args:
        train: The corpus.
        held_out: Documents that are not learnt from.
        tokenizer: By which both were cut.
        masking: How sequences are made and masked.
        seed: Of all that is drawn.
        total: Steps of the run.
        rows: Of a step.
        rows_at_once: That a device can hold.
        workers: Processes that make examples.
        fixed: Whether all parts of an epoch have the same shapes, as compilers want them.
    """

    def __init__(
        self,
        train: Shards,
        held_out: Shards,
        tokenizer: PieceTokenizer,
        masking: Masking,
        *,
        seed: int,
        total: int,
        rows: int,
        rows_at_once: int,
        workers: int = 0,
        fixed: bool = False,
    ) -> None:
        super().__init__()
        self.shards, self.held_out, self.tokenizer, self.masking = train, held_out, tokenizer, masking
        self.seed, self.total, self.rows, self.rows_at_once, self.workers = seed, total, rows, rows_at_once, workers
        self.fixed = fixed

    def train_dataloader(self) -> Steps:
        """What is learnt from."""
        rank, devices, pinned = self._place()
        return Steps(
            self.shards,
            self.tokenizer,
            self.masking,
            seed=self.seed,
            total=self.total,
            rows=self.rows,
            rows_at_once=self.rows_at_once,
            rank=rank,
            devices=devices,
            workers=self.workers,
            pinned=pinned,
            fixed=self.fixed,
        )

    def val_dataloader(self) -> DataLoader[Step]:
        """What is not: the same rows with the same masks every time."""
        rank, devices, pinned = self._place()
        epoch = Epoch(self.held_out, self.tokenizer, self.masking, self.seed, _OF_HELD_OUT)
        steps = EpochSteps(epoch, self.rows_at_once * devices, self.rows_at_once, rank, devices, fixed=self.fixed)
        return DataLoader(steps, batch_size=None, pin_memory=pinned)

    def _place(self) -> tuple[int, int, bool]:
        """Which device this process feeds, out of how many, and whether it is a GPU."""
        if self.trainer is None:
            return 0, 1, False
        return self.trainer.global_rank, self.trainer.world_size, self.trainer.strategy.root_device.type == "cuda"
