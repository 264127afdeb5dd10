"""How numbers and formulas are set, and that nothing gets around the escaping."""

from __future__ import annotations

import jinja2
import pytest

from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.report.templating import formula, mark, number, render, words
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


def test_formulas_set_indices_and_minus_signs_and_escape() -> None:
    assert formula("A_p < B_0, at -2e-3 as in path_of") == "A<sub>p</sub> &lt; B<sub>0</sub>, at −2e−3 as in path_of"


def test_settings_in_words() -> None:
    assert [words(value) for value in (("a", 2), None, 0.5)] == ["a, 2", "as the data set has it", "0.5"]


def test_every_verdict_and_status_has_a_mark() -> None:
    assert {mark(outcome) for outcome in (*Verdict, *Status)} == {"good", "near", "open", "bad"}


def test_a_name_that_a_template_misses_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="sections"):
        render("gallery")


def test_infinite_numbers_never_reach_the_script() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render("explorer", explorer={"top": float("inf")})
