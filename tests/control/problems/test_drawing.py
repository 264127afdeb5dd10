"""The library's plots: each draws the path that was found."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from geodepth.control import DirectCollocation, Solution, solve
from geodepth.control.problems import drawing, load, names
from geodepth.control.problems.bang_bang import robot_arm
from geodepth.control.problems.free_time import hang_glider
from geodepth.control.problems.smooth import cart_pole

from .test_library import solved

Points = Callable[[Solution], tuple[np.ndarray, np.ndarray]]


def against_time(name: str, scale: float = 1.0, offset: float = 0.0) -> Points:
    return lambda solution: (solution.times, scale * solution.state(name) + offset)


def plane(first: str, second: str, scale: float = 1.0) -> Points:
    return lambda solution: (scale * solution.state(first), scale * solution.state(second))


def bob(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    angle = solution.state("angle")
    return (solution.state("position") + cart_pole.LENGTH * np.sin(angle), -cart_pole.LENGTH * np.cos(angle))


def seen_from_above(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    flat = solution.state("rho") * np.sin(solution.state("phi"))
    return flat * np.cos(solution.state("theta")), flat * np.sin(solution.state("theta"))


def orbit(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    return (
        solution.state("r") * np.cos(solution.state("theta")),
        solution.state("r") * np.sin(solution.state("theta")),
    )


def early(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    return np.array([0.0]), np.array([1.0])


def inwards(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    return 1 - solution.times, solution.state("height")


def every_fourth_mass(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    return solution.times, solution.states[:, 19]


def at_the_start(solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    """Behind it the angle is an integral along the path."""
    return np.array([1.0]), np.array([0.0])


# Panel, line of the panel, and the nodes that the line must go through.
DRAWN: dict[str, tuple[int, int, Points]] = {
    "double-integrator-energy": (1, 0, against_time("v")),
    "double-integrator-energy-speed-bound": (1, 0, against_time("v")),
    "double-integrator-time": (0, 1, plane("x", "v")),
    "linear-quadratic-regulator": (1, 0, against_time("angle", 180 / math.pi)),
    "brachistochrone": (0, 0, plane("x", "y")),
    "brachistochrone-free-end": (0, 0, plane("x", "y")),
    "bryson-denham": (0, 0, against_time("x")),
    "hypersensitive-linear": (0, 0, against_time("x")),
    "hypersensitive": (0, 0, early),
    "van-der-pol-state-bound": (0, 0, plane("x1", "x2")),
    "rayleigh": (0, 1, against_time("x2")),
    "catalyst-mixing": (0, 1, against_time("x2")),
    "linear-tangent-steering": (0, 0, plane("x1", "x2")),
    "zermelo-vortex": (0, 0, plane("x", "y")),
    "cart-pole": (0, 0, bob),
    "pendulum-swing-up": (0, 0, plane("x", "y")),
    "robot-arm": (0, 0, seen_from_above),
    "moon-lander": (1, 0, against_time("m")),
    "goddard-rocket": (0, 0, against_time("h", offset=-1.0)),
    "goddard-rocket-speed-bound": (1, 0, against_time("v")),
    "orbit-raising": (0, 2, orbit),
    "hang-glider": (0, 0, plane("x", "y")),
    "shuttle-reentry": (2, 0, plane("longitude", "latitude", 180 / math.pi)),
    "double-integrator-to-a-line": (0, 0, plane("x", "v")),
    "double-integrator-fuel": (1, 0, against_time("v")),
    "double-integrator-least-force": (1, 0, against_time("v")),
    "double-integrator-least-speed": (1, 0, against_time("v")),
    "double-integrator-rate-bound": (1, 0, against_time("force")),
    "integrator-state-bound": (0, 0, against_time("x")),
    "hanging-chain": (0, 0, against_time("height")),
    "closed-curve": (0, 0, plane("x", "y")),
    "newtons-nose": (0, 0, inwards),
    "around-a-ball": (1, 0, plane("x", "z")),
    "jacobson-lele": (0, 0, against_time("v")),
    "robbins": (0, 0, against_time("x")),
    "jackson": (0, 1, against_time("x2")),
    "lotka-fishing": (0, 1, against_time("predators")),
    "fuller": (0, 0, plane("x", "v")),
    "two-link-arm": (1, 0, against_time("bend")),
    "longest-flight": (0, 0, plane("x", "y")),
    "low-thrust-transfer": (0, 0, at_the_start),
    "quadrotor": (0, 0, plane("x", "z")),
    "dynamic-soaring": (1, 0, plane("x", "height")),
    "chain-of-masses": (0, 0, every_fourth_mass),
    "fish-harvest": (0, 0, against_time("stock")),
    "batch-reactor": (0, 1, against_time("B")),
    "heated-rod": (1, 0, against_time("y[49]")),
}


@pytest.mark.parametrize("name", names(several_phases=False))
def test_a_plot_draws_the_path_that_was_found(name: str) -> None:
    solution = solved(name)
    figure = load(name).plot(solution)
    panel, number, points = DRAWN[name]
    x, y = (np.asarray(values, dtype=float) for values in figure.axes[panel].lines[number].get_data())
    for node_x, node_y in zip(*points(solution), strict=True):
        assert np.hypot(x - node_x, y - node_y).min() <= 1e-9 * max(1.0, np.abs(x).max())
    for axis in figure.axes:
        assert any(other.get_xlabel() for other in axis.get_shared_x_axes().get_siblings(axis))
        assert any(other.get_ylabel() for other in axis.get_shared_y_axes().get_siblings(axis))
    assert figure.get_suptitle()


@pytest.mark.parametrize("name", names(several_phases=False, in_steps=False))
def test_a_plot_of_a_collocated_solution_works_too(name: str) -> None:
    classic = load(name)
    method, mesh = DirectCollocation("radau", 2), classic.mesher(5)
    # What five intervals give need not be solved: any iterate must be drawn.
    rough = solve(classic.build(), method, mesh, guess=classic.guess, max_iterations=3, raise_on_failure=False)
    assert classic.plot(rough).axes


def test_controls_are_drawn_with_their_jumps() -> None:
    solution = solved("double-integrator-time")
    line = load("double-integrator-time").plot(solution).axes[1].lines[0]
    t, u = (np.asarray(values, dtype=float) for values in line.get_data())
    around = np.abs(t - 1.0) < 1e-6
    assert u[around] == pytest.approx([1.0, -1.0], abs=1e-5)
    values = drawing.pieces(solution, points=5).controls[:, 0].reshape(40, 5)
    assert values[:, 2] == pytest.approx(solution.controls[:, 0], abs=1e-9)


def test_the_strips_of_poses_are_rigid() -> None:
    def rods(figure: drawing.Figure) -> list[float]:
        drawn = [line for line in figure.axes[0].lines if line.get_color() == drawing.BLACK and line.get_alpha()]
        return [float(np.hypot(*np.diff(np.asarray(rod.get_xydata()), axis=0)[0])) for rod in drawn]

    assert rods(load("cart-pole").plot(solved("cart-pole"))) == pytest.approx([cart_pole.LENGTH] * 15)
    solution = solved("robot-arm")
    arms = rods(load("robot-arm").plot(solution))
    poses = solution.sample(np.linspace(0, solution.times[-1], 13)).states
    assert arms == pytest.approx(robot_arm.LENGTH * np.sin(poses[:, 2]), rel=1e-9)


@pytest.mark.parametrize("name", [name for name in names(several_phases=False) if load(name).pose])
def test_poses_draw_the_system_at_any_time(name: str) -> None:
    classic = load(name)
    assert classic.pose is not None
    drawn: list[float] = []

    def pose(axes: drawing.Axes, state: np.ndarray, control: np.ndarray) -> None:
        classic.pose(axes, state, control)  # type: ignore[misc]
        drawn.append(max(float(np.nanmax(np.abs(line.get_xydata()))) for line in axes.lines))

    film = solved(name).animate(pose, seconds=0.2, frames_per_second=10)
    assert film.to_jshtml().count("data:image/png;base64") == 2
    assert np.isfinite(drawn).all()


def test_the_gliders_thermal_is_drawn_where_it_is() -> None:
    wind = load("hang-glider").plot(solved("hang-glider")).axes[-1]
    outline = wind.collections[0].get_paths()[0].vertices
    x, y = np.asarray(outline).T
    assert y.max() == pytest.approx(2.5, abs=1e-3)
    assert x[np.argmax(y)] == pytest.approx(250.0, abs=3.0)
    assert hang_glider.updraft(np.array([250.0]))[0] == 2.5
