"""The optimum as a function: closed forms, finite differences, a graph around it, and the same digits in C."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control import FreeTime, Mesh, MultipleShooting, ProblemError, prepare
from geodepth.control.problems.smooth.cart_pole import build

from .pushed_mass import LINEAR, pushed_mass


@pytest.mark.parametrize("solver", ["ipopt", "fatrop", "sqp"])
def test_cost_and_derivatives_in_closed_form(solver: str) -> None:
    function = prepare(pushed_mass(), LINEAR, Mesh.uniform(10), solver).function()
    d, g, T = 2.0, 2.0, 2.0
    given = ([-1.0, 0.0], [1.0, 0.0], [g], [0.0, T])
    found = function(*given)
    # The Newton step behind the solver leaves rounding.
    assert float(found[0]) == pytest.approx(6 * d**2 / g**2 / T**3, rel=1e-12)
    slopes = [np.array(v).ravel() for v in function.jacobian()(*given, *([0.0] * 4))[:4]]
    by_distance, by_time = 12 * d / g**2 / T**3, 18 * d**2 / g**2 / T**4
    assert slopes[0] == pytest.approx([-by_distance, -0.75], rel=1e-10)
    assert slopes[1] == pytest.approx([by_distance, -0.75], rel=1e-10)
    assert slopes[2] == pytest.approx([-12 * d**2 / g**3 / T**3], rel=1e-10)
    assert slopes[3] == pytest.approx([by_time, -by_time], rel=1e-10)
    # In reverse too, as a graph of one's own takes its gradient.
    start = ca.MX.sym("start", 2)
    gradient = ca.Function("gradient", [start], [ca.gradient(function(start, *given[1:])[0], start)])
    assert np.array(gradient(given[0])).ravel() == pytest.approx([-by_distance, -0.75], rel=1e-10)


def test_derivatives_with_active_bounds_and_a_free_time() -> None:
    """In the least time the force is at its bound everywhere: T = 2 √(distance / (gain · bound))."""
    problem = pushed_mass(
        running_cost=None,
        terminal_cost=lambda x, t, p: t,
        control_bounds={"u": (-2.0, 2.0)},
        final_time=FreeTime(1.0, 0.1, 10.0),
    )
    function = prepare(problem, mesh=Mesh(np.array([0.0, 0.5, 1.0]), movable=(1,))).function()
    distance, gain = 3.0, 0.5
    given = ([0.0, 0.0], [distance, 0.0], [gain], [0.0])
    time = 2 * np.sqrt(distance / (2 * gain))
    found = function(*given)
    # Free are the time and the switch, half way.
    assert [float(found[0]), *np.array(found[3]).ravel()] == pytest.approx([time, time, 0.5], rel=1e-9)
    by_end, by_gain = (np.array(v).ravel() for v in function.jacobian()(*given, *([0.0] * 4))[1:3])
    assert by_end[0] == pytest.approx(time / (2 * distance), rel=1e-8)
    assert by_gain[0] == pytest.approx(-time / (2 * gain), rel=1e-8)


def test_states_and_controls_against_finite_differences() -> None:
    function = prepare(build(), mesh=Mesh.uniform(20), tolerance=1e-10).function()
    x = ca.MX.sym("x", 4)
    outputs = function(x, [1.0, np.pi, 0.0, 0.0], [], [0.0, 2.0])
    whole = ca.Function("whole", [x], [ca.vertcat(ca.vec(outputs[1]), ca.vec(outputs[2]))])
    direction, step = np.array([0.3, -0.2, 0.5, 0.1]), 1e-4
    slope = ca.Function("slope", [x], [ca.jtimes(whole(x), x, direction)])(np.zeros(4))
    difference = (whole(step * direction) - whole(-step * direction)) / (2 * step)
    # Differences err by the square of the step, times third derivatives of some hundreds.
    assert np.array(slope) == pytest.approx(np.array(difference), abs=1e-5 * float(ca.norm_inf(slope)))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_generated_c_gives_the_same_digits(tmp_path: Path) -> None:
    prepared = prepare(pushed_mass(control_bounds={"u": (-5.0, 5.0)}), LINEAR, Mesh.uniform(6), "sqp")
    source, library = prepared.generate_c(tmp_path / "pushed.c"), tmp_path / "pushed.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", str(source), "-o", str(library), "-lm"], check=True)
    in_c, here = ca.external("optimum", str(library)), prepared.function()
    for x in (0.0, 0.1, -0.4):
        given = ([x, 0.0], [1.0, 0.0], [1.2], [0.0, 1.0])
        for ours, theirs in zip(here(*given), in_c(*given), strict=True):
            # The same operations, but for a compiler's liberty to fuse them.
            assert np.array(theirs) == pytest.approx(np.array(ours), rel=1e-11, abs=1e-11)
    # Bounded by 5 the push costs more than 6 · 1² freely would.
    assert float(in_c([0.0, 0.0], [1.0, 0.0], [1.0], [0.0, 1.0])[0]) > 6.01


def test_what_has_no_function_or_code_of_its_own() -> None:
    with pytest.raises(ProblemError, match="condensed=True has no function"):
        prepare(pushed_mass(), MultipleShooting("rk4", condensed=True), Mesh.uniform(5)).function()
    with pytest.raises(ProblemError, match="prepare with solver='sqp'"):
        prepare(pushed_mass(), mesh=Mesh.uniform(5)).generate_c("pushed.c")


@pytest.mark.parametrize("path", [3, None, b"a.c", "", ["a.c"], True, object()])
def test_what_is_no_path_is_refused(path: Any) -> None:
    prepared = prepare(pushed_mass(), LINEAR, Mesh.uniform(3), solver="sqp")
    with pytest.raises(ProblemError, match=r"^path is .*; give the name of a file or folder$"):
        prepared.generate_c(path)
