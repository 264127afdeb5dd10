"""Arrays of many seeds, gathered name by name and stacked."""

from collections.abc import Mapping
from typing import Any

import numpy as np


class Gathering:
    """Named arrays, one of each per seed or member."""

    def __init__(self) -> None:
        self._found: dict[str, list[np.ndarray]] = {}

    def add(self, arrays: Mapping[str, Any]) -> None:
        """Take in one seed's arrays."""
        for name, values in arrays.items():
            self._found.setdefault(name, []).append(np.asarray(values))

    @property
    def stacked(self) -> dict[str, np.ndarray]:
        """By name, with a leading axis of seeds."""
        return {name: np.stack(values) for name, values in self._found.items()}
