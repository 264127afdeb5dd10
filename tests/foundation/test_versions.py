"""Versions are those of the packages, and one that is missing is said to be."""

from __future__ import annotations

import platform

import numpy as np

from geodepth.foundation.versions import versions_of


def test_versions_in_order() -> None:
    found = versions_of("numpy", "no-such-package")
    assert list(found) == ["python", "numpy", "no-such-package"]
    assert found == {
        "python": platform.python_version(), "numpy": np.__version__, "no-such-package": "not installed",
    }  # fmt: skip
