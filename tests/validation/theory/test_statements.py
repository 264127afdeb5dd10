from __future__ import annotations

from collections.abc import Callable

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.theory.check import Status
from geodepth.validation.theory.statements import check_all, errata

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


def test_errata_hold_as_corrected_and_fail_as_printed() -> None:
    two, one, constant, biased = errata()
    assert [check.status for check in (two, one, constant, biased)] == [
        Status.HOLDS, Status.FAILS, Status.HOLDS, Status.FAILS,
    ]  # fmt: skip
    assert one.margin < -100 * one.tolerance  # no matter of rounding
