"""The shifts that are tried, in the order that the file's first lines promise."""

from __future__ import annotations

from geodepth.control.geodesics.newton.regularization import FIRST, LARGEST, Regularization


def shifts(regularization: Regularization, count: int) -> list[float]:
    """The first shifts of an iteration in which every factorization fails."""
    seen = [regularization.shift]
    for _ in range(count - 1):
        assert regularization.increase()
        seen.append(regularization.shift)
    return seen


def test_the_first_shift_is_none_and_then_they_grow() -> None:
    regularization = Regularization()
    regularization.restart(fell=False)
    assert shifts(regularization, 4) == [0.0, FIRST, 100 * FIRST, 400 * FIRST]


def test_a_shift_that_worked_is_where_the_next_iteration_starts() -> None:
    regularization = Regularization()
    regularization.restart(fell=False)
    worked = shifts(regularization, 2)[-1]
    regularization.succeed()
    regularization.restart(fell=False)
    assert shifts(regularization, 2) == [worked / 3, worked / 3 * 4]
    # A residual that fell tenfold asks for none at first, and then goes on from a third of the last.
    regularization.restart(fell=True)
    assert shifts(regularization, 3) == [0.0, worked / 3, worked / 3 * 4]


def test_small_shifts_are_forgotten_and_large_ones_end_it() -> None:
    regularization = Regularization()
    regularization.restart(fell=False)
    regularization.increase()
    for _ in range(10):
        regularization.succeed()
        regularization.restart(fell=False)
    assert regularization.shift == 0.0
    raised = 0
    while regularization.increase():
        raised += 1
    assert regularization.shift > LARGEST
    assert raised < 40
