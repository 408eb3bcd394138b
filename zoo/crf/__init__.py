"""The linear-chain conditional random field."""

from zoo.crf.linear_chain import CRF

__all__ = ["CRF"]
