"""The checkpoint folder: everything a tagger is rebuilt from, and nothing that executes."""
