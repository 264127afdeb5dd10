"""A Newton step against CasADi's KKT system, and both linear solvers against each other."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control.geodesics.newton.linear_system.block_cholesky import Condensed
from geodepth.control.geodesics.newton.linear_system.riccati import Riccati
from geodepth.control.geodesics.newton.newton_step import newton_step
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic

from .casadi_program import VARIANTS, casadi_program, paper_order, rough_point, teacher, uneven_steps


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("solver_type", [Riccati, Condensed])
def test_step_solves_casadis_kkt_system(settings: dict[str, Any], solver_type: Any) -> None:
    """The Newton step and its multipliers satisfy the KKT system with CasADi's own derivatives and the shifts."""
    geodesic, steps = teacher(**settings), uneven_steps(4)
    point = rough_point(geodesic, steps)
    model, shift = point.model, 1e5
    solver, shifted = solver_type(model), point.shifted(shift)
    assert solver.factor(shifted)
    step = newton_step(shifted, solver, point.evaluation.defects, point.evaluation.mismatch)

    program = casadi_program(geodesic, steps, 0.1)
    iterate = point.iterate
    packed = program.pack(paper_order(iterate.states), paper_order(iterate.weights))
    multiplier = [-iterate.multipliers.ravel()]
    change = [-step.multipliers.ravel()]
    if model.end.fixed:
        multiplier.append(iterate.eta.ravel())
        change.append(step.eta.ravel())
    symbol = ca.SX.sym("multiplier", program.constraints.shape[0])
    lagrangian = program.objective + ca.dot(symbol, program.constraints)
    hessian, gradient = ca.hessian(lagrangian, program.variables)
    jacobian = ca.jacobian(program.constraints, program.variables)
    derivatives = ca.Function("d", [program.variables, symbol], [hessian, gradient, jacobian, program.constraints])
    H, g, C, c = (np.asarray(value.full()) for value in derivatives(packed, np.concatenate(multiplier)))

    states_shift = np.repeat(np.append(model.proximities.ravel()[1:], model.proximities[-1]), model.start.size)
    weights_shift = np.repeat(model.penalties.ravel(), model.width * model.columns)
    H = H + shift * np.diag(np.concatenate([states_shift, weights_shift]))
    direction = np.concatenate([step.states.ravel(), step.weights.ravel()])
    dual = g.ravel() + H @ direction + C.T @ np.concatenate(change)
    primal = c.ravel() + C @ direction
    # Roundoff of a solve whose largest terms are H·direction; a fixed end divides it by its softness, 1e-6.
    scale = np.abs(H).max() * np.abs(direction).max() + np.abs(np.concatenate(change)).max()
    assert np.abs(dual).max() < (1e-6 if model.end.fixed else 1e-12) * scale
    # The method of multipliers leaves 1e-4 of the terminal defect or, after three passes, SOFTNESS³.
    assert np.abs(primal).max() < (2e-4 if model.end.fixed else 1e-12) * max(1.0, np.abs(c).max())


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("solver_type", [Riccati, Condensed])
@pytest.mark.parametrize(("width", "samples", "layers"), [(3, 2, 5), (4, 9, 11), (6, 40, 12)])
def test_linear_solvers_agree(width: int, samples: int, layers: int, solver_type: Any, single: bool) -> None:
    """Riccati and condensing factorize the same reduced Hessian: equal steps, and equal verdicts on definiteness."""
    point = rough_point(teacher(width, samples), uneven_steps(layers))
    tried, condensed = solver_type(point.model, single), Condensed(point.model)
    verdicts = []
    for shift in (0.0, 1.0, 10.0, 1e2, 1e4):
        shifted = point.shifted(shift)
        verdict = tried.factor(shifted)
        assert condensed.factor(shifted) == verdict
        verdicts.append(verdict)
        if verdict:
            steps = [
                newton_step(shifted, solver, point.evaluation.defects, point.evaluation.mismatch)
                for solver in (tried, condensed)
            ]
            for name in ("states", "weights", "multipliers"):
                one, other = (getattr(step, name) for step in steps)
                # The bar that the two should meet; measured differences are below 1e-12, in single precision 2e-6.
                assert np.abs(one - other).max() <= (1e-5 if single and shift else 1e-10) * np.abs(one).max()
    # Both verdicts occurred.
    assert verdicts[-1]
    assert not verdicts[0]


@pytest.mark.parametrize("solver_type", [Riccati, Condensed])
@pytest.mark.parametrize(("width", "samples"), [(3, 1), (1, 3), (1, 1), (4, 9)])
def test_a_solve_leaves_its_arguments_alone(solver_type: Any, width: int, samples: int) -> None:
    """The same step twice from one factorization: nothing that it is given is overwritten."""
    inputs, targets = np.linspace(-1.0, 1.0, samples)[None], np.linspace(0.0, 2.0, samples)[None]
    point = rough_point(RepresentationGeodesic(inputs, targets, width, 2.0, 1e-2), uneven_steps(5))
    solver, shifted = solver_type(point.model), point.shifted(1e4)
    assert solver.factor(shifted)
    first, second = (
        newton_step(shifted, solver, point.evaluation.defects, point.evaluation.mismatch) for _ in range(2)
    )
    for name in ("states", "weights", "multipliers"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
