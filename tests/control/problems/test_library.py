"""The library: every problem reaches its optimum by every method that it names."""

from __future__ import annotations

import pickle
from functools import cache
from importlib import import_module
from pathlib import Path
from runpy import run_path

import pytest

from geodepth.control import DirectCollocation, ProblemError, Solution, solve
from geodepth.control.problems import load, names


@cache
def solved(name: str) -> Solution:
    """By ipopt, on the problem's own mesh; shared by the tests of costs, costates and plots."""
    classic = load(name)
    solution = solve(classic.build(), classic.method, classic.mesh, "ipopt", classic.tolerance, classic.guess)
    assert isinstance(solution, Solution)
    return solution


@pytest.mark.parametrize("name", names(several_phases=False))
def test_every_problem_reaches_its_reference(name: str) -> None:
    classic, solution = load(name), solved(name)
    optimum = classic.sign * solution.cost
    assert optimum == pytest.approx(classic.reference, rel=classic.accuracy)
    if classic.exact is not None:
        # The exact optimum, where there is one, shows the mesh's own error without the reference's.
        assert optimum == pytest.approx(classic.exact(), rel=5e-7)
    assert solution.certificate is not None
    assert solution.certificate.holds, solution.certificate


@pytest.mark.parametrize("name", [name for name in names(several_phases=False) if "fatrop" in load(name).solvers])
def test_fatrop_reaches_it_too(name: str) -> None:
    classic = load(name)
    solution = solve(
        classic.build(), classic.method, classic.mesh, "fatrop", classic.tolerance, classic.guess, certify=False
    )
    assert classic.sign * solution.cost == pytest.approx(classic.reference, rel=classic.accuracy)


COLLOCATED = {
    # Intervals, and the relative error that three Radau points leave: order 5 where the control is smooth, and the
    # square of an interval where it has corners or jumps inside one.
    "double-integrator-energy": (4, 1e-7),
    "double-integrator-energy-speed-bound": (40, 1e-5),
    "double-integrator-time": (4, 1e-7),
    "linear-quadratic-regulator": (40, 5e-5),
    "brachistochrone": (12, 1e-8),
    "brachistochrone-free-end": (12, 1e-8),
    "bryson-denham": (12, 1e-7),
    "hypersensitive-linear": (40, 1e-6),
    "hypersensitive": (60, 5e-4),
    "van-der-pol-state-bound": (60, 1e-6),
    "rayleigh": (60, 1e-5),
    "catalyst-mixing": (40, 2e-5),
    "linear-tangent-steering": (12, 1e-9),
    "zermelo-vortex": (12, 1e-7),
    "cart-pole": (40, 2e-5),
    "pendulum-swing-up": (30, 1e-6),
    "robot-arm": (40, 5e-5),
    "moon-lander": (40, 1e-5),
    "goddard-rocket": (40, 5e-5),
    "goddard-rocket-speed-bound": (40, 5e-5),
    "orbit-raising": (20, 1e-5),
    "hang-glider": (40, 5e-5),
    "shuttle-reentry": (40, 1e-6),
    "double-integrator-to-a-line": (4, 1e-9),
    "double-integrator-fuel": (40, 1e-6),
    "double-integrator-least-force": (40, 5e-6),
    "double-integrator-least-speed": (40, 1e-6),
    "double-integrator-rate-bound": (48, 1e-5),
    "integrator-state-bound": (30, 1e-6),
    "hanging-chain": (80, 1e-5),
    "closed-curve": (40, 1e-8),
    "newtons-nose": (40, 1e-8),
    "around-a-ball": (40, 2e-5),
    "jacobson-lele": (40, 1e-5),
    "robbins": (320, 2e-5),
    "jackson": (40, 2e-4),
    "lotka-fishing": (80, 1e-4),
    "fuller": (40, 2e-4),
    "two-link-arm": (40, 2e-4),
    "longest-flight": (40, 1e-8),
    "low-thrust-transfer": (40, 1e-7),
    "quadrotor": (40, 1e-7),
    "dynamic-soaring": (80, 5e-5),
    "chain-of-masses": (40, 5e-5),
    "batch-reactor": (40, 1e-5),
    "heated-rod": (40, 5e-5),
}


@pytest.mark.parametrize("name", names(several_phases=False, in_steps=False))
def test_collocation_agrees(name: str) -> None:
    classic = load(name)
    intervals, error = COLLOCATED[name]
    method = DirectCollocation("radau", 3)
    solution = solve(classic.build(), method, classic.mesher(intervals), guess=classic.guess, certify=False)
    assert classic.sign * solution.cost == pytest.approx(classic.reference, rel=error)


def test_a_part_of_the_whole_table_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """benchmarks/control_library.py on two problems: every method and solver, plain and refined."""
    benchmark = Path(__file__).parents[3] / "benchmarks" / "control_library.py"
    failures = run_path(str(benchmark))["main"](["--only", "brachistochrone", "double-integrator-time"])
    assert failures == 0, capsys.readouterr().out
    assert "20 of 20 rows pass" in capsys.readouterr().out


def test_the_library_holds_every_file_of_its_folder() -> None:
    folder = Path(str(import_module("geodepth.control.problems").__file__)).parent
    files = {path.stem for path in folder.glob("*/*.py")} - {"__init__"}
    assert files == {name.replace("-", "_") for name in names()}
    assert len(names()) >= 53


def test_an_unknown_name_is_refused_with_the_list() -> None:
    with pytest.raises(ProblemError, match=r"no problem 'glider'.*hang-glider"):
        load("glider")


@pytest.mark.parametrize("name", names())
def test_a_problem_says_what_it_is_and_travels_to_other_processes(name: str) -> None:
    classic = pickle.loads(pickle.dumps(load(name)))
    problem = classic.build()
    assert classic.name == name == problem.name
    phases = getattr(problem, "phases", (problem,))
    assert set(classic.units) == {"time"}.union(
        *((*phase.states, *phase.controls, *phase.algebraic) for phase in phases)
    )
    assert all((classic.title, classic.statement, classic.source, classic.reference_source, classic.quantity))
    assert ("maximize" in classic.statement) == (classic.sign < 0)
