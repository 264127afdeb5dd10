from __future__ import annotations

from collections.abc import Callable

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.symmetries import leakage_symmetry, scaling_symmetry

Maker = Callable[..., RepresentationPath]


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_symmetries(make_path: Maker, activation: str) -> None:
    path = make_path(bias=False, depth=1.0, activation=activation)
    for shift in (-1.0, 0.5, 1.5):
        assert leakage_symmetry(path, shift).status is Status.HOLDS
    assert scaling_symmetry(path, 3.7).status is Status.HOLDS
    biased = make_path(bias=True)
    assert leakage_symmetry(biased, 0.1).status is Status.NOT_APPLICABLE
    assert scaling_symmetry(biased, 2.0).status is Status.NOT_APPLICABLE
    with pytest.raises(ValidationError, match=r"shift is -2\.0"):
        leakage_symmetry(path, -2.0)
