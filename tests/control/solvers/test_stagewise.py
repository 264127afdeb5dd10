"""Derivatives put together from those of one interval are CasADi's own of the whole program."""

import casadi as ca
import numpy as np
import pytest

from geodepth.control import (
    BoundaryConstraint,
    DirectCollocation,
    FreeParameter,
    FreeTime,
    Mesh,
    MultipleShooting,
    OptimalControlProblem,
    PathConstraint,
)
from geodepth.control.problems import load, names
from geodepth.control.solvers.program import CompiledProgram
from geodepth.control.solvers.scaling.variable_scaling import rescaling
from geodepth.control.solvers.stagewise import stagewise
from geodepth.control.transcription.transcription import Method

METHODS: dict[str, Method] = {
    "shooting": MultipleShooting("rk4"),
    "linear controls": MultipleShooting("rk4", control="linear"),
    "collocation": DirectCollocation("radau", 3),
    "Gauss": DirectCollocation("gauss", 2, control="constant"),
}


def _difference(problem: OptimalControlProblem, method: Method, mesh: Mesh) -> float:
    """The largest difference of first and second derivatives, relative to the largest derivative."""
    t = method.transcribe(problem, mesh)
    program = CompiledProgram(t, scaling=rescaling(t))
    own, nlp = program._own_derivatives, program._scaled
    x, p, f, g = (nlp[name] for name in "xpfg")
    weight, multipliers = ca.MX.sym("weight"), ca.MX.sym("multipliers", g.numel())
    lagrangian = weight * f + ca.dot(multipliers, g)
    wanted = {
        "grad_f": ca.Function("f", [x, p], [ca.gradient(f, x)]),
        "jac_g": ca.Function("g", [x, p], [ca.jacobian(g, x)]),
        "hess_lag": ca.Function("h", [x, p, weight, multipliers], [ca.triu(ca.hessian(lagrangian, x)[0])]),
    }
    generator = np.random.default_rng(0)
    given = [generator.uniform(0.2, 1.2, n) for n in (x.numel(), p.numel(), 1, g.numel())]
    # A mesh whose nodes are where they are.
    first = t.parameters.numel() - t.mesh.position_table.size
    given[1][first : t.parameters.numel()] = t.mesh.position_table.T.ravel()
    worst = 0.0
    for name, function in wanted.items():
        count = function.n_in()
        here = own[name](*given[:count])
        here = here[-1] if isinstance(here, tuple) else here
        there = function(*given[:count])
        scale = max(1.0, float(np.max(np.abs(there.full()), initial=0.0)))
        worst = max(worst, float(np.max(np.abs(here.full() - there.full()), initial=0.0)) / scale)
    return worst


@pytest.mark.parametrize("name", names(several_phases=False, in_steps=False))
def test_library(name: str) -> None:
    classic = load(name)
    problem, mesh = classic.build(), classic.mesher(3)
    for label, method in METHODS.items():
        # Rounding of a few thousand operations.
        assert _difference(problem, method, mesh) <= 1e-11, label


@pytest.mark.parametrize("intervals", [1, 4])
def test_every_kind_of_row(intervals: int) -> None:
    """Free times and parameters, movable nodes, path constraints with and without controls, ends that are tied."""
    problem = OptimalControlProblem(
        "everything",
        states=("x", "v"),
        controls=("u",),
        dynamics=lambda x, u, t, p: [x[1] * ca.cos(t), u[0] * p[0] - p[1] * x[1] ** 3],
        running_cost=lambda x, u, t, p: u[0] ** 2 * (1 + x[0] ** 2) + ca.fabs(u[0]),
        terminal_cost=lambda x, t, p: t * x[0] * x[1] + p[0] ** 2 + ca.fabs(x[0]),
        path_constraints=[
            PathConstraint(lambda x, u, t, p: x[0] ** 2 + u[0] ** 2, upper=9.0),
            PathConstraint(lambda x, u, t, p: ca.sin(x[1]) * p[0], lower=-5.0, include_last=False),
        ],
        boundary_constraints=[BoundaryConstraint(lambda a, b, t0, tf, p: a[0] * b[1] * tf - p[0] * t0, 0.0, 0.0)],
        initial_state={"x": 0.0},
        initial_time=FreeTime(0.0, -1.0, 1.0),
        final_time=FreeTime(2.0, 0.5, 5.0),
        parameters={"gain": FreeParameter(1.0), "drag": 0.3},
    )
    mesh = Mesh(np.linspace(0.0, 1.0, intervals + 1), movable=(1, 2) if intervals > 2 else ())
    for label, method in METHODS.items():
        assert _difference(problem, method, mesh) <= 1e-11, label


def test_tables() -> None:
    table = ca.interpolant("table", "bspline", [np.linspace(-2.0, 2.0, 9)], np.linspace(-2.0, 2.0, 9) ** 2)
    problem = OptimalControlProblem(
        "table", states=("x",), controls=("u",), dynamics=lambda x, u, t, p: [u[0] - table(x[0])]
    )
    for label, method in METHODS.items():
        assert _difference(problem, method, Mesh.uniform(3)) <= 1e-11, label


def test_what_has_no_scalars_is_left_to_casadi() -> None:
    problem = load("double-integrator-energy").build()
    assert stagewise(MultipleShooting("cvodes").transcribe(problem, Mesh.uniform(3))) is None
    condensed = MultipleShooting(condensed=True).transcribe(problem, Mesh.uniform(3))
    assert CompiledProgram(condensed)._inner is not None
    assert CompiledProgram(condensed)._inner._own_derivatives == {}  # type: ignore[union-attr]
