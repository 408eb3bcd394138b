"""Word vectors and language models from raw text."""
