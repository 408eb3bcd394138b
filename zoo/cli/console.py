"""Where commands print tables."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH = 140  # of what is not a terminal: no figure is cut off in a file or a pipe


def table_console(*, stderr: bool = False) -> "Console":
    """A console as wide as the terminal, or wide enough for tables where there is none.

    Args:
        stderr: For commands whose standard output is asked for something else.
    """
    import os

    from rich.console import Console

    console = Console(stderr=stderr)
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(stderr=stderr, width=_WIDTH)
