"""The linear-chain conditional random field, and the softmax that takes its place."""

from zoo.crf.linear_chain import CRF
from zoo.crf.softmax import Softmax

__all__ = ["CRF", "Softmax"]
