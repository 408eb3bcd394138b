"""Slow, obviously right oracles that the fast code is tested against."""
