"""Sizes along a path: from what is seen, else from what would matter, and never from a far bound."""

from __future__ import annotations

from dataclasses import replace

import casadi as ca
import numpy as np
import pytest

from geodepth.control import FreeTime, OptimalControlProblem, PathConstraint
from geodepth.control.solvers.scaling.path_sizes import Path, path_sizes


def chain() -> OptimalControlProblem:
    """x'' = u from 0 to 1, with a state y that no other sees and that decays on its own."""
    return OptimalControlProblem(
        name="chain",
        states=("x", "v", "y"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], u[0], -x[2]],
        running_cost=lambda x, u, t, p: u[0] ** 2,
        initial_state={"x": 0.0, "v": 0.0},
        final_state={"x": 1.0, "v": 0.0},
        final_time=2.0,
    )


def straight(horizon: float = 2.0, y: float = 0.0) -> Path:
    times = np.linspace(0.0, horizon, 11)
    states = np.column_stack([times / horizon, 0 * times, np.full(11, y)])
    return Path(times, states, np.zeros((10, 1, 1)), np.zeros(0))


def test_what_stays_at_zero_is_as_large_as_would_matter() -> None:
    """x changes by its size twice in T = 2, so v matters from 1 on, and u from 1."""
    sizes = path_sizes(chain(), straight())
    assert sizes.states.tolist() == [1.0, 1.0, 1.0]
    assert sizes.controls.tolist() == [1.0]
    # ∫u² for half of u, over the half: u²/4 · T / (1/2).
    assert sizes.change == pytest.approx(1.0)
    assert sizes.cost == 0.0
    # In a tenth of the time, ten times as fast.
    quick = path_sizes(chain(), straight(0.2))
    assert quick.states[1] == pytest.approx(10.0)
    assert quick.controls[0] == pytest.approx(100.0)


def test_rounding_around_zero_is_no_size() -> None:
    noisy = straight()
    noisy.states[3, 1] = 1e-30
    assert path_sizes(chain(), noisy).states[1] == pytest.approx(1e-6)
    # What no other sees keeps its own size, however small.
    assert path_sizes(chain(), straight(y=1e-9)).states[2] == 1e-9


@pytest.mark.parametrize(("bound", "size"), [(50.0, 50.0), (1e3, 1.0), (1e19, 1.0)])
def test_only_near_bounds_tell_the_size_of_a_guess(bound: float, size: float) -> None:
    bounded = replace(chain(), state_bounds={"v": (-bound, bound)})
    assert path_sizes(bounded, straight(), far=100.0).states[1] == size
    assert path_sizes(bounded, straight()).states[1] == 1.0


def test_a_violated_constraint_says_how_far_to_go() -> None:
    problem = OptimalControlProblem(
        name="lifted",
        states=("x",),
        controls=("u",),
        dynamics=lambda x, u, t, p: [u[0]],
        path_constraints=[PathConstraint(lambda x, u, t, p: 2 * x[0], lower=10.0)],
        final_time=FreeTime(4.0, 1.0, 9.0),
    )
    times = np.linspace(0.0, 4.0, 5)
    sizes = path_sizes(problem, Path(times, np.zeros((5, 1)), np.zeros((4, 1, 1)), np.zeros(0)))
    assert sizes.states.tolist() == [5.0]
    assert sizes.controls.tolist() == [2.5]
    assert sizes.free.tolist() == [4.0]
    assert sizes.path.tolist() == [10.0]


@pytest.mark.parametrize("cells", [5, 50])
def test_cells_in_a_row_are_as_large_as_all_of_them_make_each(cells: int) -> None:
    """A rod at zero that a bounded control heats at one end: one neighbour alone would halve it from cell to cell."""

    def dynamics(x: ca.SX, u: ca.SX, t: ca.SX, p: ca.SX) -> ca.SX:
        flow = cells * ca.vertcat(0.0, x[1:] - x[:-1], 2 * (u[0] - x[-1]))
        return cells * (flow[1:] - flow[:-1])

    rod = OptimalControlProblem(
        name="rod",
        states=(f"y[{cells}]",),
        controls=("u",),
        dynamics=dynamics,
        terminal_cost=lambda x, t, p: ca.sumsqr(x - 0.3),
        initial_state={"y": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
        final_time=10.0,
    )
    path = Path(np.linspace(0.0, 10.0, 11), np.zeros((11, cells)), np.zeros((10, 1, 1)), np.zeros(0))
    sizes = path_sizes(rod, path, far=100.0)
    assert sizes.controls.tolist() == [1.0]
    # After ten units the rod has the air's temperature; what decays alone, within ten times of it.
    assert np.all(sizes.states >= 0.1)
    assert np.all(sizes.states <= 10.0)


def test_states_that_grow_together_keep_their_own_sizes() -> None:
    """x' = 3 y + u, y' = 3 x: no size ends their growth. u moves x by one; 2/3 of y moves it there and back."""
    growing = OptimalControlProblem(
        name="growing",
        states=("x", "y"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [3 * x[1] + u[0], 3 * x[0]],
        initial_state={"x": 0.0, "y": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
    )
    path = Path(np.linspace(0.0, 1.0, 11), np.zeros((11, 2)), np.zeros((10, 1, 1)), np.zeros(0))
    assert path_sizes(growing, path, far=100.0).states.tolist() == pytest.approx([1.0, 2 / 3])


def test_a_state_is_no_larger_than_what_it_feeds_lets_it_be() -> None:
    """x' = y, y' = 50 u, x of size one: y alone changes x by that, there and back within two units, at size one."""
    pushed = OptimalControlProblem(
        name="pushed",
        states=("x", "y"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1], 50 * u[0]],
        initial_state={"x": 1.0, "y": 0.0},
        control_bounds={"u": (-1.0, 1.0)},
    )
    path = Path(np.linspace(0.0, 2.0, 11), np.tile([1.0, 0.0], (11, 1)), np.zeros((10, 1, 1)), np.zeros(0))
    assert path_sizes(pushed, path, far=100.0).states.tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("noise", [1e-7, 1e-20, 1e-60, 1e-90])
@pytest.mark.parametrize(("x", "w", "seconds"), [(1.0, 1.0, 1.0), (1e-3, 1e4, 3600.0), (1e9, 1e-5, 1e-3)])
@pytest.mark.parametrize("power", [2, 3, 4])
def test_what_enters_by_its_power_is_as_large_as_matters(
    power: int, x: float, w: float, seconds: float, noise: float
) -> None:
    """x' = u − w² from 0 to 1 in T = 1: w matters where w² is 2, not where its slope says once it is noise."""
    steep = x / seconds / w**power
    problem = OptimalControlProblem(
        name="power",
        states=("x",),
        controls=("u", "w"),
        dynamics=lambda s, u, t, p: [u[0] - steep * u[1] ** power],
        running_cost=lambda s, u, t, p: (u[0] / x * seconds) ** 2 + (u[1] / w) ** 2,
        final_time=seconds,
    )
    times = np.linspace(0.0, seconds, 11)
    controls = np.tile([x / seconds, noise * w], (10, 1, 1))
    sizes = path_sizes(problem, Path(times, x * times[:, None] / seconds, controls, np.zeros(0)))
    assert sizes.controls[1] <= max(noise, 1e-6 * 4.0 ** (1 / power) * 1.2) * w
    # ∫u² alone tells what the cost changes by: 1.5² − 1 over 0.5.
    assert sizes.change == pytest.approx(2.5 * seconds)


@pytest.mark.parametrize("noise", [1e-9, 1e-30, 1e-80])
def test_two_that_are_noise_make_each_other_no_larger_than_their_product_matters(noise: float) -> None:
    problem = OptimalControlProblem(
        name="product",
        states=("x",),
        controls=("u", "v", "w"),
        dynamics=lambda x, u, t, p: [u[0] + u[1] * u[2]],
        running_cost=lambda x, u, t, p: ca.sumsqr(u),
    )
    times = np.linspace(0.0, 1.0, 11)
    controls = np.tile([1.0, noise, noise / 3], (10, 1, 1))
    sizes = path_sizes(problem, Path(times, times[:, None], controls, np.zeros(0)))
    assert np.prod(sizes.controls[1:]) <= 1e-6
    assert sizes.change == pytest.approx(2.5)


@pytest.mark.parametrize("noise", [1e-9, 1e-30, 1e-80])
@pytest.mark.parametrize("share", [0.1, 1.0, 100.0])
def test_what_never_matters_much_is_no_larger_for_being_noise(share: float, noise: float) -> None:
    """x' = u + a (1 − cos w): w matters from where that first moves x' by what matters; nowhere if a is small."""
    problem = OptimalControlProblem(
        name="cosine",
        states=("x",),
        controls=("u", "w"),
        dynamics=lambda x, u, t, p: [u[0] + share * (1 - ca.cos(u[1]))],
        running_cost=lambda x, u, t, p: ca.sumsqr(u),
    )
    times = np.linspace(0.0, 1.0, 11)
    sizes = path_sizes(problem, Path(times, times[:, None], np.tile([1.0, noise], (10, 1, 1)), np.zeros(0)))
    assert sizes.controls[1] <= max(noise, 1e-6 * np.pi)
    assert sizes.change == pytest.approx(2.5)
