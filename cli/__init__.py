"""The command `geodepth`."""

from .main import main

__all__ = ["main"]
