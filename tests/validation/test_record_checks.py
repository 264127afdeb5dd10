"""Records that check their fields: one line that names the field, the value seen and what is expected."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.record_checks import Name, NonNegative, Positive, Whole, checked_record, read_toml


@checked_record
class Asked:
    """A record of every kind of field."""

    name: Name
    width: Whole = 5
    """Neurons w."""
    rate: Positive = 0.1
    depth: NonNegative = 3.0
    again: bool = False
    samples: Whole | None = None

    def __post_init__(self) -> None:
        if self.width > 100:
            raise ValidationError(f"width is {self.width}, too large; give at most 100")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"width": 0}, "width is 0; give a number of at least 1"),
        ({"width": 2.0}, "width is 2.0; give a whole number"),
        ({"width": True}, "width is True; give a whole number"),
        ({"width": "3"}, "width is '3'; give a whole number"),
        ({"rate": 0}, "rate is 0; give a number above 0"),
        ({"rate": float("inf")}, "rate is inf; give a finite number"),
        ({"rate": "fast"}, "rate is 'fast'; give a finite number"),
        ({"depth": -1.0}, "depth is -1.0; give a number of at least 0"),
        ({"again": 1}, "again is 1; give true or false"),
        ({"samples": 0}, "samples is 0; give a number of at least 1"),
        ({"name": ""}, "name is ''; give a name"),
        ({"name": 3}, "name is 3; give text"),
        ({"widht": 3}, "widht is no field of this record; leave it out"),
        ({"width": 101}, "width is 101, too large; give at most 100"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        Asked(**{"name": "a", **given})
    assert str(error.value) == sentence
    with pytest.raises(ValidationError, match="name is missing"):
        Asked(width=3)  # type: ignore[call-arg]


def test_values_stay_as_they_are_given() -> None:
    asked = Asked("a", rate=1)
    assert (asked.rate, type(asked.rate)) == (1, int)  # a digest of 1 and one of 1.0 differ
    assert dataclasses.replace(asked, width=7).width == 7
    with pytest.raises(ValidationError, match="width is -1"):
        dataclasses.replace(asked, width=-1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        asked.width = 3  # type: ignore[misc]


def test_a_file_may_set_known_names_alone(tmp_path: Path) -> None:
    path = tmp_path / "asked.toml"
    path.write_text('name = "a"\nwidth = 4\n')
    assert Asked(**read_toml(path, Asked)) == Asked("a", 4)
    for text, words in (("wide = 1", "sets 'wide'; known names are name, width"), ("width =", "is not TOML")):
        path.write_text(text)
        with pytest.raises(ValidationError, match=words):
            read_toml(path, Asked)
    with pytest.raises(ValidationError, match="cannot be read"):
        read_toml(tmp_path / "none.toml", Asked)
