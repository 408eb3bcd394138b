"""Scores of predicted documents against gold documents."""
