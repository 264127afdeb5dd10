"""The KKT residual of an iterate against CasADi's derivatives."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pytest

from .casadi_program import VARIANTS, casadi_program, paper_order, rough_point, teacher, uneven_steps


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_residual_is_casadis(settings: dict[str, Any]) -> None:
    """The KKT residual that stops the iteration is the one of CasADi's gradient of the Lagrangian."""
    geodesic, steps = teacher(**settings), uneven_steps(4)
    point = rough_point(geodesic, steps)
    program = casadi_program(geodesic, steps, 0.1)
    multipliers = [-point.iterate.multipliers.ravel()]
    if point.model.end.fixed:
        multipliers.append(point.iterate.eta.ravel())
    lagrangian = program.objective + ca.dot(ca.DM(np.concatenate(multipliers)), program.constraints)
    evaluate = ca.Function("r", [program.variables], [ca.gradient(lagrangian, program.variables), program.constraints])
    iterate = point.iterate
    values = evaluate(program.pack(paper_order(iterate.states), paper_order(iterate.weights)))
    expected = max(float(np.abs(np.asarray(value)).max()) for value in values)
    # A relative error of a few hundred units in the last place: sums over at most 6·5·4 products.
    assert point.residual == pytest.approx(expected, rel=1e-12)
