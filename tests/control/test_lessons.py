"""Every lesson of examples/control_*.py agrees with its independent answer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# What each lesson reaches: the solver's 1e-8, or the mesh's error where the lesson says so.
LESSONS = {
    "control_first_problem": {"cost": 1e-9, "control": 1e-7},
    "control_free_time": {"time": 1e-9},
    # IPOPT's barrier: 1e-9 for each of some hundred active constraints.
    "control_constraints_and_scaling": {"cost": 2e-7, "cost in nanometres": 2e-7},
    "control_verification": {"cost": 1e-9},
    "control_refinement": {"cost": 3e-8, "switch": 1e-6},
    "control_your_own": {"cost": 1e-7},
    # Six seconds after a kick: what is left decays to less than this.
    "control_model_predictive": {"angle": 1e-5, "position": 1e-4},
    "control_phases": {"cost": 1e-9, "speed": 1e-8, "jump": 1e-7},
}
KNOWN = {"cost in nanometres": "known cost"}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_lesson_is_listed() -> None:
    assert {p.stem for p in EXAMPLES.glob("control_*.py")} == set(LESSONS)
    assert all(len(p.read_text().splitlines()) < 100 for p in EXAMPLES.glob("control_*.py"))


@pytest.mark.parametrize("name", sorted(LESSONS))
def test_a_lesson_agrees_with_its_independent_answer(name: str) -> None:
    numbers = load(name).main()
    for key, tolerance in LESSONS[name].items():
        assert numbers[key] == pytest.approx(numbers[KNOWN.get(key, f"known {key}")], rel=tolerance)


def test_the_lesson_on_verification_tells_right_from_wrong() -> None:
    numbers = load("control_verification").main()
    assert numbers["failures"] == 0
    assert numbers["failures when spoilt"] >= 3
    assert numbers["failures when coarse"] >= 2
    assert abs(numbers["cost"] / numbers["known cost"] - 1) <= 2 * numbers["estimated error"] + 1e-12
