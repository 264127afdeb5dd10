from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geodepth.validation.theory.check import Statement, Status


@pytest.mark.parametrize(
    ("left", "right", "holds"), [(1.0, 1.0, True), (1.1, 1.0, False), (np.nan, 1.0, False), (1.0, np.inf, True)]
)
def test_inequalities_never_pass_on_nan(left: Any, right: Any, holds: bool) -> None:
    assert (Statement("", "").inequality(left, right, 1e-12).status is Status.HOLDS) is holds


def test_equalities_and_their_margins() -> None:
    check = Statement("name", "").equality([1.0, np.inf], [1.5, np.inf], 0.1)
    assert check.status is Status.FAILS
    assert check.margin == -0.5
    assert Statement("", "").equality(np.nan, np.nan, 1.0).status is Status.FAILS
    assert "because" in Statement("name", "").not_applicable("because").sentence
