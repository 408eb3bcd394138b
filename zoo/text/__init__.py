"""Strings → what models read: segmentation, vocabularies, the codec, batches."""
