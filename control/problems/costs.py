"""Costs that several statements share."""

from typing import Any


def final_time(x: Any, t: Any, p: Any) -> Any:
    """m = t: the problem asks for the fastest way."""
    return t


def negative_first_state(x: Any, t: Any, p: Any) -> Any:
    """m = −x_1: the problem asks for the largest final value of the first state."""
    return -x[0]
