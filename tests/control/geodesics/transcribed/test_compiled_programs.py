"""Programs are compiled once for equal problems."""

from __future__ import annotations

import numpy as np

from geodepth.control import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.compiled_programs import complementarity_program, smoothed_program


def test_equal_problems_share_a_program() -> None:
    one, same, other = (RepresentationGeodesic(np.eye(2), np.eye(2), 2, 1.0, decay) for decay in (1e-2, 1e-2, 1e-3))
    first = smoothed_program(one, 3, "euler", "ipopt", 1e-8)
    assert smoothed_program(same, 3, "euler", "ipopt", 1e-8) is first
    assert smoothed_program(other, 3, "euler", "ipopt", 1e-8) is not first
    assert smoothed_program(one, 4, "euler", "ipopt", 1e-8) is not first
    assert complementarity_program(one, 3, 1e-8) is complementarity_program(same, 3, 1e-8)
