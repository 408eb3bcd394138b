"""The command line: thin commands over typed functions."""
