"""Checkpoints by name."""
