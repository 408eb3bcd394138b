"""Readers against damaged files: what they may do is read, or refuse with the house's own error."""
