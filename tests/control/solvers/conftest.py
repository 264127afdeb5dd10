"""What the tests of back-ends solve."""

from __future__ import annotations

from typing import Any

import pytest

from geodepth.control import OptimalControlProblem
from geodepth.control.problems import load


@pytest.fixture
def slide() -> tuple[OptimalControlProblem, dict[str, Any]]:
    return load("brachistochrone").build(), {"v": (0.0, 6.0), "theta": (0.1, 1.5)}
