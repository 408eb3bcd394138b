"""Training: one datamodule for every corpus and architecture, optimizers, and ``train``."""
