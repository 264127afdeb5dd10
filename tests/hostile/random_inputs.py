"""Random hostile inputs, each known by its number: damaged files, tables of data, command lines.

What is drawn, and what is asked of it, is that of the tests of this folder; here the number of a draw is its seed.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .commands.command_lines import command_line, ended, hostile_places
from .files import test_data_files as data_tests
from .files.corruptions import BYTES, corrupted, outcome, same
from .files.good_files import GoodFile, good_files

EXIT_CODES = (None, 0, 1, 2, 3)
"""Of a command; None where its work began."""
FRAMES: dict[str, Any] = {"frame": data_tests.tables(), "dialect": data_tests.dialects()}
DAMAGED: dict[str, Any] = {"frame": data_tests.tables(), "place": st.integers(0, 99)}
CELL = {"data": st.data(), "cell": st.sampled_from(data_tests.SPELLINGS + data_tests.MISSING), "header": st.booleans()}
TABLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "dialect": (data_tests.test_a_table_is_read_back_whatever_its_dialect, FRAMES),
    "no header": (data_tests.test_without_a_header_no_sample_is_lost, FRAMES),
    "cell": (data_tests.test_a_cell_that_is_no_value_is_named, {"frame": data_tests.tables()} | CELL),
    "damage": (
        data_tests.test_a_damaged_table_is_refused_in_one_line,
        DAMAGED | {"corruption": st.sampled_from(data_tests.DAMAGES)},
    ),
    "arrays": (
        data_tests.test_arrays_in_a_file_are_what_they_were_or_refused,
        DAMAGED | {"corruption": st.sampled_from(data_tests.KINDS)},
    ),
}
"""Tests of data files by what they draw."""


def drawn(number: int, strategies: Mapping[str, Any], use: Callable[..., Any]) -> None:
    """Call a function with values of strategies, drawn from the seed `number`."""
    quiet = settings(
        max_examples=2, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )

    def function(**values: Any) -> None:
        use(**values)

    seed(number)(quiet(given(**strategies)(function)))()


def one_draw(number: int, make: Callable[[Any], Any]) -> Any:
    """What a function makes of a `draw` with the seed `number`: the second of two, since the first is the simplest."""
    found: list[Any] = []
    drawn(number, {"data": st.data()}, lambda data: found.append(make(data.draw)))
    return found[-1]


def judged(number: int) -> dict[str, Any]:
    """The record of draw number `number`, with its class under "class"."""
    family = ("file", "command", "file", "table", "command")[number % 5]
    return {"file": _file, "command": _command, "table": _table}[family](number) | {"seed": number}


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="hostile-"))


@cache
def _good() -> Mapping[str, GoodFile]:
    place = _folder() / "good"
    place.mkdir()
    return good_files(place)


@cache
def _whole(kind: str) -> Mapping[str, Any]:
    good = _good()[kind]
    return good.load(_placed(good, good.content))


def _placed(good: GoodFile, content: bytes) -> Path:
    place = _folder() / "file" / good.name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    return place


def _file(number: int) -> dict[str, Any]:
    kind = sorted(_good())[number // 5 % len(_good())]
    good = _good()[kind]
    damaged, operation = one_draw(number, lambda draw: corrupted(draw, good.kind, good.content))
    whole, record = _whole(kind), {"family": f"{kind}: {operation}"}
    try:
        found: Any = outcome(good.load, _placed(good, damaged))
    except AssertionError as error:
        return record | {"class": "NOT ONE LINE", "why": str(error)[:300]}
    if isinstance(found, str):
        return record | {"class": "refused in one line", "why": ""}
    if same(found, whole):
        return record | {"class": "read as it was written", "why": ""}
    told = good.sealed or (good.kind == "npz" and operation in BYTES)
    return record | {"class": "CHANGED MEANING" if told else "read, another good file", "why": operation}


def _table(number: int) -> dict[str, Any]:
    kind = sorted(TABLES)[number // 5 % len(TABLES)]
    test, strategies = TABLES[kind]
    factory = type("Factory", (), {"getbasetemp": staticmethod(_folder)})
    record = {"family": f"table: {kind}"}
    try:
        drawn(number, strategies, partial(test.hypothesis.inner_test, tmp_path_factory=factory))
    except Exception as error:
        # Hypothesis tells of the values that it drew in notes.
        notes = "; ".join(getattr(error, "__notes__", []))
        return record | {"class": "MISREAD", "why": f"{error!r:.300} {notes:.300}"}
    return record | {"class": "read right or refused", "why": ""}


@cache
def _places() -> Path:
    return hostile_places(_folder())


def _listed() -> list[str]:
    return sorted(os.path.join(place, name) for place, folders, files in os.walk(".") for name in (*folders, *files))


def _command(number: int) -> dict[str, Any]:
    os.chdir(_places())
    line = one_draw(number, command_line)
    before, record = _listed(), {"family": f"geodepth {' '.join(line)}"[:300]}
    code, out, errors = ended(line)
    sys.stdout.flush()
    if code not in EXIT_CODES or "Traceback" in out + errors:
        return record | {"class": "TRACEBACK", "why": f"code {code}: {errors[-300:]}"}
    if code == 2 and (errors.count("\n") != 1 or not errors.startswith("geodepth: ")):
        return record | {"class": "NOT ONE LINE", "why": errors[:300]}
    if code == 2 and _listed() != before:
        return record | {"class": "WROTE THOUGH REFUSED", "why": str(set(_listed()) - set(before))[:300]}
    return record | {"class": {None: "work began", 2: "refused in one line"}.get(code, f"exit code {code}"), "why": ""}
