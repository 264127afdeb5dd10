"""dymos' side: Radau collocation, exact partial derivatives with colouring, by SciPy's SLSQP.

Segments have as many points each as geodepth's intervals in the same comparison. Dynamics and their derivatives are
CasADi's, mapped over the nodes: faster than partials written in NumPy.
"""

from typing import Any

import casadi as ca
import dymos
import numpy as np
import openmdao.api as om
from one_side import POINTS, Stated, run_all


class Dynamics(om.ExplicitComponent):  # type: ignore[misc]
    """Rates of all states, the running and the terminal cost, at all nodes."""

    def initialize(self) -> None:
        self.options.declare("num_nodes", types=int)
        self.options.declare("stated")

    def setup(self) -> None:
        count, stated = self.options["num_nodes"], self.options["stated"]
        self.inputs = [*stated.given["states"], *stated.given["controls"], "t"]
        x, u, t = (ca.SX.sym(n, size) for n, size in (("x", len(stated.given["states"])),
                   ("u", len(stated.given["controls"])), ("t", 1)))  # fmt: skip
        rates = stated.dynamics(x, u, t)
        costs = [f for f in (stated.running_cost,) if f is not None]
        values = [rates, *(f(x, u, t) for f in costs)]
        self.names = [f"rate_{name}" for name in stated.given["states"]] + ["running"] * len(costs)
        if stated.terminal_cost is not None:
            values.append(stated.terminal_cost(x, t))
            self.names.append("terminal")
        everything, inputs = ca.vertcat(*values), ca.vertcat(x, u, t)
        jacobian = ca.jacobian(everything, inputs)
        self.pattern = list(zip(*jacobian.sparsity().get_triplet(), strict=True))
        self.value = ca.Function("value", [inputs], [everything]).map(count)
        self.slope = ca.Function("slope", [inputs], [ca.vertcat(*[jacobian[i, j] for i, j in self.pattern])]).map(count)
        for name in self.inputs:
            self.add_input(name, shape=(count,))
        for name in self.names:
            self.add_output(name, shape=(count,))
        for i, j in self.pattern:
            self.declare_partials(self.names[i], self.inputs[j], rows=np.arange(count), cols=np.arange(count))

    def compute(self, inputs: Any, outputs: Any) -> None:
        found = np.asarray(self.value(np.array([inputs[name] for name in self.inputs])))
        for name, row in zip(self.names, found, strict=True):
            outputs[name] = row

    def compute_partials(self, inputs: Any, partials: Any) -> None:
        found = np.asarray(self.slope(np.array([inputs[name] for name in self.inputs])))
        for (i, j), row in zip(self.pattern, found, strict=True):
            partials[self.names[i], self.inputs[j]] = row


def solve(stated: Stated, intervals: int, tolerance: float) -> float:
    """The cost."""
    given = stated.given
    problem = om.Problem(reports=False)
    phase = dymos.Phase(
        ode_class=Dynamics,
        ode_init_kwargs={"stated": stated},
        transcription=dymos.Radau(num_segments=intervals, order=POINTS, compressed=True),
    )
    trajectory = dymos.Trajectory()
    trajectory.add_phase("phase", phase)
    problem.model.add_subsystem("path", trajectory)
    span, free = given["final_time"] - given["initial_time"], given["final_time_bounds"]
    phase.set_time_options(
        fix_initial=True,
        fix_duration=not free,
        targets=["t"],
        units=None,
        **({"duration_bounds": tuple(end - given["initial_time"] for end in free)} if free else {}),
    )
    for name in given["states"]:
        phase.add_state(
            name,
            rate_source=f"rate_{name}",
            targets=[name],
            units=None,
            fix_initial=name in given["initial_state"],
            fix_final=name in given["final_state"],
            **_bounds(given, name),
        )
    for name in given["controls"]:
        phase.add_control(name, targets=[name], units=None, **_bounds(given, name))
    if stated.running_cost is not None:
        phase.add_state("cost", rate_source="running", units=None, fix_initial=True)
    if stated.terminal_cost is not None:
        phase.add_timeseries_output("terminal")
    phase.add_objective("cost" if stated.terminal_cost is None else "terminal", loc="final")
    problem.driver = om.ScipyOptimizeDriver(optimizer="SLSQP", tol=tolerance, maxiter=1000, disp=False)
    problem.driver.declare_coloring(show_summary=False, show_sparsity=False)
    problem.setup()
    phase.set_time_val(initial=given["initial_time"], duration=span)
    for name in given["states"]:
        phase.set_state_val(name, given["guess"][name])
    for name in given["controls"]:
        phase.set_control_val(name, given["guess"][name])
    problem.final_setup()
    result = problem.run_driver()
    if not result.success:
        raise RuntimeError("SLSQP stopped short")
    name = "cost" if stated.terminal_cost is None else "terminal"
    return float(problem.get_val(f"path.phase.timeseries.{name}")[-1, 0])


def _bounds(given: dict[str, Any], name: str) -> dict[str, float]:
    low, high = given["bounds"][name]
    return {key: value for key, value in (("lower", low), ("upper", high)) if value is not None}


run_all(solve)
