"""The optimum of several phases as a function: solves at other values, sensitivities, and the same digits in C."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import ProblemError, prepare, sensitivity, solve

from .test_prepared_phases import MESH, staged

GIVEN: dict[str, Any] = {
    "phase0_initial_state": [0.0, 0.0],
    "phase0_parameters": [2.0],
    "phase0_times": [0.0],
    "phase1_final_state": [1.0],
}
"""What `staged` gives as numbers, in its order."""


def test_its_values_are_those_of_solves() -> None:
    function = prepare(staged(), mesh=MESH, tolerance=1e-10).function()
    for start, push, way in ((0.0, 2.0, 1.0), (0.1, 2.5, 1.2)):
        given = {"phase0_initial_state": [start, 0.0], "phase0_parameters": [push], "phase1_final_state": [way]}
        found = function(**GIVEN | given)
        there = solve(staged(start, push, way), mesh=MESH, tolerance=1e-10, certify=False)
        assert float(found["cost"]) == pytest.approx(there.cost, rel=1e-9)
        for number, phase in enumerate(there.phases.values()):
            states = np.array(found[f"phase{number}_states"]).T
            np.testing.assert_allclose(states, phase.states, atol=1e-6)
            controls = np.array(found[f"phase{number}_controls"]).T
            np.testing.assert_allclose(controls, phase.controls, atol=1e-5)
        # The end of the push, and both ends of the coast.
        free = [*np.array(found["phase0_free"]).ravel(), *np.array(found["phase1_free"]).ravel()]
        push_ends, way_ends = there.phases["push"].times[-1], there.phases["coast"].times[-1]
        assert free == pytest.approx([push_ends, push_ends, way_ends], abs=1e-6)


def test_its_derivatives_are_the_sensitivities() -> None:
    prepared = prepare(staged(), mesh=MESH, tolerance=1e-10)
    wanted = sensitivity(staged(), prepared.solve()).cost
    function, symbols = prepared.function(), {name: ca.MX.sym(name, len(v)) for name, v in GIVEN.items()}
    cost = function(**symbols)["cost"]
    slopes = ca.Function("slopes", list(symbols.values()), [ca.gradient(cost, s) for s in symbols.values()])
    by_start, by_push, by_begin, by_way = (np.array(v).ravel() for v in slopes(*GIVEN.values()))
    assert by_start[0] == pytest.approx(wanted["push: initial_state.x"], rel=1e-7)
    assert by_start[1] == pytest.approx(wanted["push: initial_state.v"], rel=1e-7)
    assert by_push[0] == pytest.approx(wanted["push: parameters.push"], rel=1e-7)
    assert by_begin[0] == pytest.approx(wanted["push: initial_time"], abs=1e-7)
    assert by_way[0] == pytest.approx(wanted["coast: final_state.x"], rel=1e-7)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_generated_c_gives_the_same_digits(tmp_path: Path) -> None:
    prepared = prepare(staged(), mesh=MESH, solver="sqp")
    prepared.solve()
    source, library = prepared.generate_c(tmp_path / "staged.c"), tmp_path / "staged.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"], check=True)
    in_c, here = ca.external("optimum", str(library)), prepared.function()
    for push in (2.0, 2.05):
        given = GIVEN | {"phase0_parameters": [push]}
        ours, theirs = here(**given), in_c(**given)
        for name, value in ours.items():
            # The same operations, but for a compiler's liberty to fuse them, over hundreds of iterations.
            assert np.array(theirs[name]) == pytest.approx(np.array(value), rel=1e-8, abs=1e-8)


def test_a_shift_is_refused_with_what_to_do() -> None:
    again = prepare(staged(), mesh=MESH)
    refusal = r"shift is 1, and the links .*; begin the first phase later: .*'push'"
    with pytest.raises(ProblemError, match=refusal) as raised:
        again.solve(shift=1)
    assert "\n" not in str(raised.value)
    with pytest.raises(ProblemError, match="prepare with solver='sqp'"):
        again.generate_c("staged.c")
