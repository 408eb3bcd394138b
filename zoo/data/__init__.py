"""Files on disk ⇄ documents. Standard library only."""
