"""How numbers and formulas are set, and that nothing gets around the escaping."""

from __future__ import annotations

import jinja2
import pytest

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.report.templating import formula, mark, measured, number, percent, render, truth_digits, words
from geodepth.validation.theory.check import Status


@pytest.mark.parametrize(
    ("value", "digits", "wanted"),
    [
        (0.123456, 3, "0.123"),
        (-0.00012, 3, "−0.00012"),
        (-1.5e-7, 2, "−1.5e−07"),
        (float("inf"), 3, "∞"),
        (-float("inf"), 3, "−∞"),
        (float("nan"), 3, "–"),
        (None, 3, "–"),
    ],
)
def test_numbers_are_for_people(value: float | None, digits: int, wanted: str) -> None:
    assert number(value, digits) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.0834, "8.3 %"),
        (0.08, "8.0 %"),
        (1.5, "150 %"),
        (-0.0051, "−0.51 %"),
        (3.2e-7, "3.2·10⁻⁵ %"),
        (-9.99e-9, "0 %"),
        (float("inf"), "∞"),
        (None, "–"),
    ],
)
def test_shares_are_told_in_percent(value: float | None, wanted: str) -> None:
    assert percent(value) == wanted


def test_a_distance_keeps_its_zero() -> None:
    assert [number(value, 2, zeros=True) for value in (0.4, 12.0, 0.0085)] == ["0.40", "12", "0.0085"]


def test_a_truth_has_the_digits_that_its_bracket_vouches_for() -> None:
    assert [truth_digits(bracket) for bracket in (None, 0.3, 2e-6, 1e-7, 0.0)] == [6, 4, 6, 7, 9]


def test_a_bar_is_the_share_of_the_longest() -> None:
    assert measured(0.2, "0.20", 0.8) == {"words": "0.20", "value": 0.2, "share": 0.25}
    assert measured(2.0, "2", 0.8)["share"] == 1.0
    assert measured(None, "–", 0.8) == {"words": "–", "value": None, "share": None}
    assert measured(-0.2, "−0.2", 0.8)["share"] == 0.0
    assert measured(0.0, "0", 0.0)["share"] is None


def test_formulas_set_indices_and_minus_signs_and_escape() -> None:
    assert formula("A_p < B_0, at -2e-3 as in path_of") == "A<sub>p</sub> &lt; B<sub>0</sub>, at −2e−3 as in path_of"


def test_settings_in_words() -> None:
    assert [words(value) for value in (("a", 2), None, 0.5)] == ["a, 2", "by default", "0.5"]


def test_every_verdict_and_status_has_a_mark() -> None:
    assert {mark(outcome) for outcome in (*Verdict, *Status)} == {"good", "near", "open", "bad"}


def test_a_name_that_a_template_misses_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="sections"):
        render("gallery")


def test_infinite_numbers_never_reach_the_script() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render("explorer", explorer={"top": float("inf")})
