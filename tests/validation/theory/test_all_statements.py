from __future__ import annotations

from collections.abc import Callable

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.all_statements import check_all
from geodepth.validation.theory.check import Status

Maker = Callable[..., RepresentationPath]


def test_every_check_of_a_path_says_something(make_stationary: Maker, make_path: Maker) -> None:
    checks = check_all(make_stationary(layers=60))
    assert len({check.name for check in checks}) == len(checks) == 9
    for check in checks:
        assert check.status is not Status.FAILS, check.sentence
        assert "\n" not in check.sentence
    statuses = {check.name: check.status for check in checks}
    assert statuses["Conservation"] is Status.HOLDS
    coarse = {check.name: check for check in check_all(make_stationary(layers=3))}
    assert "too coarse" in coarse["Conservation"].reason
    moving = {check.name: check for check in check_all(make_path(layers=60))}
    assert "not stationary" in moving["Conservation"].reason
