"""The global optimum of a tiny network, proven by spatial branch-and-bound.

    minimize  (1/N)‖R‖² + μ Σρ_ℓ‖W_ℓ‖²   (μ = λ/(2L̃)),   A_ℓ = c_ℓA_{ℓ−1} + ρ_ℓW_ℓ(S_{ℓ−1}; 1),   R = Y − PA_L

is handed to SCIP with a binary variable per ReLU, S ≥ 0, S ≥ A. What makes it small enough:

1. A path is known, of cost J. Only paths below (1 − PRECISION)J are asked for, in units of J: the tree ends without
   one, and J is proven, or with one, and J is beaten.
2. Such a path has Σρ_ℓ‖W_ℓ‖² ≤ T = J/μ and ‖R‖² ≤ NJ. So every W_ℓ has a box, and by |a_ℓ| ≤ |c_ℓ||a_{ℓ−1}| +
   ρ_ℓ‖W_ℓ‖√(|a_{ℓ−1}|² + 1) every sample and, without the 1, every difference of two.
3. The norm inequalities behind the lower bounds cut off what relaxed products pretend: |e_n|² ≤ ‖W_ℓ‖²(|a_n|² + 1) and
   |e_n − e_m|² ≤ ‖W_ℓ‖²|a_n − a_m|² with E = (A_ℓ − c_ℓA_{ℓ−1})/ρ_ℓ, convex once the sizes are those of the boxes.
4. Neurons that neither the embedding nor the readout tells apart are ordered by the last column of W_1.

SCIP computes in floating point, within the tolerance FEASIBILITY of scaled constraints, so this is a proof by computer,
not one in exact arithmetic.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodepth.control.geodesics.statement.layer_steps import check_layer_steps
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.statement.shapes import Steps, Weights
from geodepth.control.model.errors import CHECKS, ProblemError
from geodepth.foundation.optional_parts import require

PRECISION = 1e-3
"""To which an optimum is proven, relative to its cost."""
FEASIBILITY = 1e-7
"""SCIP's tolerance of constraints, of which the variables have the size one: far below PRECISION."""


@dataclass(frozen=True, slots=True, eq=False)
class ProvenOptimum:
    """What branch-and-bound showed of a cost.

    Attributes
    ----------
    cost : float
        The cost J that was asked about.
    lower : float
        No path costs less, up to SCIP's tolerance; (1 − 1e-3)J where J is proven.
    better : (L, w, c) or None
        The weights of a network below (1 − 1e-3)J, where one was found: a warm start for `solve_geodesic`.
    beaten_by : float or None
        Its cost.
    seconds : float
        Processor time of the search.
    nodes : int
        Of its tree.
    """

    cost: float
    lower: float
    better: Weights | None
    beaten_by: float | None
    seconds: float
    nodes: int

    @property
    def proven(self) -> bool:
        """Whether no path costs less than (1 − 1e-3)J."""
        return self.beaten_by is None and self.lower >= self.cost * (1.0 - PRECISION) * (1.0 - 1e-12)


def prove_optimum(
    geodesic: RepresentationGeodesic, layers: int, cost: float, seconds: float = 60.0, layer_steps: Steps | None = None
) -> ProvenOptimum:
    """Prove that no network costs less than one that is known, to 1e-3, or find one that does.

    Parameters
    ----------
    geodesic : RepresentationGeodesic
        Squared loss, penalized end, ReLU or linear. Meant for one or two neurons and a few samples.
    layers : int
        L, a few.
    cost : float
        J of the best network known.
    seconds : float
        Processor time after which to stop with the lower bound reached by then.
    layer_steps : (L,), optional
        ρ_ℓ; by default equal.

    Raises
    ------
    ProblemError
        For another loss, end or activation, a cost that is not positive, or steps that do not fit.
    MissingPartError
        PySCIPOpt is not installed; it comes with the extra `certify`.

    Notes
    -----
    Source: the formulation in this module's docstring; SCIP: Bolusani et al., arXiv:2402.17702.
    """
    CHECKS.number("cost", cost, above=0.0)
    CHECKS.number("seconds", seconds, above=0.0)
    if geodesic.loss != "squared" or geodesic.end.fixed or geodesic.smoothing:
        raise ProblemError(
            f"the geodesic has the loss {geodesic.loss!r}, the end {geodesic.endpoint!r} and the activation "
            f"{geodesic.activation!r}; optima are proven for squared loss, a penalized end, and relu or linear"
        )
    steps = check_layer_steps(geodesic, CHECKS.count("layers", layers), layer_steps)
    require("pyscipopt", "prove_optimum")
    program = _Program(geodesic, steps, cost)
    program.model.setParam("limits/time", seconds)
    program.model.optimize()
    better = program.best_weights()
    found = np.inf if better is None else geodesic.objective(better, steps) / cost
    if found >= 1.0 - PRECISION:  # SCIP's tolerance, at the edge of what was asked
        better = None
    ended = program.model.getStatus() in ("infeasible", "optimal")
    known = 1.0 if ended else max(float(program.model.getDualbound()), 0.0)
    return ProvenOptimum(
        cost,
        min(known, 1.0 - PRECISION, found) * cost,
        better,
        None if better is None else found * cost,
        float(program.model.getSolvingTime()),
        int(program.model.getNTotalNodes()),
    )


class _Program:
    """The program for SCIP, as in the module's docstring: weights in units of √T, the residual in units of √(NJ)."""

    def __init__(self, geodesic: RepresentationGeodesic, steps: Steps, cost: float) -> None:
        import pyscipopt

        self.model: Any = pyscipopt.Model()
        self.sum = pyscipopt.quicksum
        self.geodesic, self.steps = geodesic, steps
        self.largest = float(np.sqrt(cost / (geodesic.weight_decay * geodesic.penalty_scale)))
        self.weights: list[np.ndarray] = []
        self.model.hideOutput()
        self.model.setParam("timing/clocktype", 1)  # processor time
        self.model.setParam("numerics/feastol", FEASIBILITY)
        path: np.ndarray = geodesic.initial_representations.astype(object)
        self.sizes = np.linalg.norm(geodesic.initial_representations, axis=0)
        self.apart = _distances(geodesic.initial_representations)
        features, squares = geodesic.features(geodesic.initial_representations).astype(object), []
        for layer, step in enumerate(steps):
            path, squared = self.layer(float(step), path, features, first=layer == 0)
            squares.append(squared)
            if layer + 1 < len(steps):
                features = self.features(path)
        penalty = self.sum(squares)
        self.model.addCons(penalty <= 1.0)
        fit = self.model.addVar(lb=0.0, ub=1.0)
        scale = float(np.sqrt(geodesic.samples * cost))
        residual = (geodesic.targets - geodesic.readout @ path) / scale
        parts = [self.named(part, 1.0) for part in residual.ravel()]
        self.model.addCons(self.sum(part * part for part in parts) <= fit)
        self.model.setObjective(fit + penalty)
        self.model.setObjlimit(1.0 - PRECISION)

    def best_weights(self) -> Weights | None:
        """W of the best path that SCIP found, None where it found none."""
        if not self.model.getNSols():
            return None
        values = np.vectorize(self.model.getVal, otypes=[float])
        layers = zip(self.weights, self.steps, strict=True)
        return np.array([values(weights) * self.largest / np.sqrt(step) for weights, step in layers])

    def named(self, expression: Any, size: float, least: float | None = None) -> Any:
        """A variable that equals an expression, within ±size."""
        variable = self.model.addVar(lb=-size if least is None else least, ub=size)
        self.model.addCons(variable == expression)
        return variable

    def layer(self, step: float, path: np.ndarray, features: np.ndarray, first: bool) -> tuple[np.ndarray, Any]:
        """A_ℓ of the layer's weights, and ρ‖W‖²/T."""
        model, width, samples = self.model, self.geodesic.width, self.geodesic.samples
        # In units of √(T/ρ), so that ‖W‖ ≤ 1 and what it adds is √(ρT)Wσ(A).
        weights = np.array([[model.addVar(lb=-1.0, ub=1.0) for _ in range(len(features))] for _ in range(width)])
        self.weights.append(weights)
        if first:
            self.order(weights)
        squared = model.addVar(lb=0.0, ub=1.0)
        model.addCons(self.sum(w * w for w in weights.ravel()) <= squared)
        leak, gain = 1.0 - step * self.geodesic.effective_depth, float(np.sqrt(step)) * self.largest
        before, before_apart = np.sqrt(self.sizes**2 + self.geodesic.bias), self.apart
        self.sizes = abs(leak) * self.sizes + gain * before
        self.apart = abs(leak) * self.apart + gain * self.apart
        after = np.empty((width, samples), dtype=object)
        for i, n in np.ndindex(width, samples):
            moved = self.sum(w * f for w, f in zip(weights[i], features[:, n], strict=True))
            after[i, n] = self.named(leak * path[i, n] + gain * moved, float(self.sizes[n]))
        moves = (after - leak * path) / gain
        for n in range(samples):
            self.cut(moves[:, n], before[n], squared)
            for m in range(n):
                self.cut(moves[:, n] - moves[:, m], before_apart[n, m], squared)
        return after, squared

    def cut(self, move: np.ndarray, size: float, squared: Any) -> None:
        """|move|² ≤ size²‖W‖²."""
        if size > 0.0:
            self.model.addCons(self.sum(part * part for part in move / float(size)) <= squared)

    def features(self, path: np.ndarray) -> np.ndarray:
        """σ(A), with ones below where there is a bias."""
        if not self.geodesic.has_kinks:
            active = path
        else:
            active = np.empty(path.shape, dtype=object)
            for i, n in np.ndindex(*path.shape):
                size, a = float(self.sizes[n]), path[i, n]
                s, on = self.model.addVar(lb=0.0, ub=size), self.model.addVar(vtype="B")
                self.model.addCons(s >= a)
                self.model.addCons(s <= size * on)
                self.model.addCons(s <= a + size * (1 - on))
                active[i, n] = s
        return np.vstack([active, np.ones((1, path.shape[1]), dtype=object)]) if self.geodesic.bias else active

    def order(self, weights: np.ndarray) -> None:
        """Interchangeable neurons by their last column in the first layer."""
        seen: dict[bytes, int] = {}
        for i in range(self.geodesic.width):
            key = np.concatenate([self.geodesic.embedding[i], self.geodesic.readout[:, i]]).tobytes()
            if key in seen:
                self.model.addCons(weights[seen[key], -1] <= weights[i, -1])
            seen[key] = i


def _distances(columns: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(columns[:, :, None] - columns[:, None, :], axis=0))
