from __future__ import annotations

from geodepth.validation.theory.check import Status
from geodepth.validation.theory.errata import errata


def test_errata_hold_as_corrected_and_fail_as_printed() -> None:
    two, one, constant, biased = errata()
    assert [check.status for check in (two, one, constant, biased)] == [
        Status.HOLDS, Status.FAILS, Status.HOLDS, Status.FAILS,
    ]  # fmt: skip
    assert one.margin < -100 * one.tolerance  # no matter of rounding
