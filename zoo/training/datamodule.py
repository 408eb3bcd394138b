"""One datamodule for every corpus and every architecture: length bucketing by word budget, exact resumption."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Sampler

from zoo.data.document import Document
from zoo.evaluation.flattening import Flattening
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches, collate
from zoo.text.codec import Codec

_JITTER = 0.2  # how far a length may be stretched before sorting, so that batches differ between epochs


class WordBudgetSampler(Sampler[list[int]]):
    """Shuffled batches of windows of like length, the same for the same seed and epoch.

    How many batches there are and how large each is follows from the true lengths, so every epoch has the same number
    of steps; which windows meet in one is drawn anew from lengths stretched by up to a fifth.

    Args:
        lengths: Words of each window.
        words: The most positions of a batch, padding included (a drawn batch may exceed it by the stretch).
        seed: Of the shuffling.
        rank: Which of ``devices`` this process feeds; batches are dealt out in turn.
        devices: How many processes train together; the first batches are dealt twice where the deal is not even, so
            that all take the same number of steps.
    """

    def __init__(self, lengths: Sequence[int], words: int, seed: int, rank: int = 0, devices: int = 1) -> None:
        self.lengths, self.seed, self.rank, self.devices = lengths, seed, rank, devices
        self.sizes = [len(batch) for batch in budget_batches(lengths, words)]
        self.epoch = self.skip = 0

    @property
    def sampler(self) -> "WordBudgetSampler":
        """Itself: the Trainer tells epochs to the loader's sampler and to the sampler of its batch sampler alone."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.sizes) // self.devices)

    def __iter__(self) -> Iterator[list[int]]:
        skip, self.skip = self.skip, 0  # only the epoch that was interrupted begins in its middle
        draw = random.Random(f"{self.seed}/{self.epoch}")
        stretched = [length * (1 + _JITTER * draw.random()) for length in self.lengths]
        order = iter(sorted(range(len(stretched)), key=stretched.__getitem__))
        batches = [[next(order) for _ in range(size)] for size in self.sizes]
        draw.shuffle(batches)
        batches = list(islice(cycle(batches), len(self) * self.devices))
        yield from batches[self.rank :: self.devices][skip:]


class ResumableLoader(DataLoader):
    """A loader that goes on in the middle of an epoch: Lightning stores its state in every checkpoint."""

    batch_sampler: WordBudgetSampler
    _taken = 0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # any iterator will do
        self._taken = self.batch_sampler.skip
        for batch in super().__iter__():
            self._taken += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """How many batches of the running epoch were handed out; 0 where it is complete."""
        return {"batches": self._taken % len(self.batch_sampler)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Makes the next epoch begin after so many batches."""
        self.batch_sampler.skip = self._taken = state["batches"]


class TaggingDataModule(LightningDataModule):
    """Documents of a corpus as batches for any tagger.

    Args:
        train: Documents to learn from.
        dev: Documents that choose the best checkpoint.
        tagger: Who is to learn: its codec and vocabularies make the batches.
        batch_words: The most words of a batch, padding included.
        seed: Of the shuffling.
        workers: Processes that collate; 0 is fastest on a CPU.
        window_words: The most words of a window of training documents, where that is fewer than the codec's; 0 cuts
            them as the codec does.

    Raises:
        ValueError: If there is no training or no dev document.
    """

    def __init__(
        self,
        train: Sequence[Document],
        dev: Sequence[Document],
        tagger: Tagger,
        *,
        batch_words: int = 1000,
        seed: int = 1,
        workers: int = 0,
        window_words: int = 0,
    ) -> None:
        super().__init__()
        if not train or not dev:
            raise ValueError(f"Expected training and dev documents but got {len(train)} and {len(dev)}.")
        self.windows: dict[str, Any] = {}  # lists of windows, which are map-style datasets
        self.flattening: dict[str, Flattening] = {}
        config = tagger.codec.config
        to_learn = replace(config, window_words=min(window_words or config.window_words, config.window_words))
        for split, documents, codec in (("train", train, Codec(to_learn)), ("dev", dev, tagger.codec)):
            windows, self.flattening[split] = codec.encode(documents, gold=True)
            self.windows[split] = tagger.prepare(windows)
        self.lookup, self.batch_words, self.seed, self.workers = tagger.lookup, batch_words, seed, workers

    def train_dataloader(self) -> ResumableLoader:
        windows = self.windows["train"]
        rank, devices = self._place()
        sampler = WordBudgetSampler([len(w.forms) for w in windows], self.batch_words, self.seed, rank, devices)
        return ResumableLoader(windows, batch_sampler=sampler, **self._loading())

    def val_dataloader(self) -> DataLoader:
        windows = self.windows["dev"]
        rank, devices = self._place()
        batches = budget_batches([len(window.forms) for window in windows], 4 * self.batch_words)
        if len(batches) < devices:  # a device without a batch would make the others wait for ever
            batches = [[index] for index in range(len(windows))]
        return DataLoader(windows, batch_sampler=batches[rank::devices], **self._loading())

    def _place(self) -> tuple[int, int]:
        """Which device this process feeds, out of how many.

        Raises:
            ValueError: If a split has fewer windows than there are devices.
        """
        rank, devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        for split, windows in self.windows.items():
            if len(windows) < devices:
                raise ValueError(
                    f"Expected at least {devices} windows in {split}, one a device, but got {len(windows)}."
                )
        return rank, devices

    def _loading(self) -> dict[str, Any]:
        return {
            "collate_fn": partial(collate, lookup=self.lookup),
            "num_workers": self.workers,
            "persistent_workers": self.workers > 0,
            "generator": torch.Generator(),  # or each new epoch would draw from the random state that dropout uses
        }
