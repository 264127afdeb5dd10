"""The structured Newton method: derivatives against CasADi's, both linear solvers, minima against IPOPT, O1."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
import pytest

from geodepth.control.geodesics.newton.block_cholesky import Condensed
from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, linearize
from geodepth.control.geodesics.newton.newton_step import newton_step
from geodepth.control.geodesics.newton.riccati import Riccati
from geodepth.control.geodesics.newton.shooting_model import shooting_model
from geodepth.control.geodesics.newton.solve_structured import solve_structured
from geodepth.control.geodesics.newton.structured_result import StructuredReason, StructuredResult
from geodepth.control.geodesics.search.starts import initial_weights
from geodepth.control.geodesics.statement.activations import expression
from geodepth.control.geodesics.statement.network_path import stationarity_residual
from geodepth.control.geodesics.statement.representation_geodesic import RepresentationGeodesic
from geodepth.control.geodesics.transcribed.smoothed_solves import smooth_minimum
from geodepth.control.model.errors import ProblemError

VARIANTS = {
    "plain": {},
    "no bias": {"bias": False},
    "linear": {"activation": "linear"},
    "fixed": {"endpoint": "fixed"},
    "resnet": {"effective_depth": 0.0},
    "projections": {"projections": True},
    "cross-entropy": {"loss": "cross-entropy"},
    "smoothed": {"activation": "smoothed relu", "smoothing": 0.1},
    "fixed projections": {"endpoint": "fixed", "projections": True, "bias": False},
}


def teacher(width: int = 4, samples: int = 6, seed: int = 0, **settings: Any) -> RepresentationGeodesic:
    """Data of a one-unit ReLU teacher, 3 → 1 → 3."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(3, samples))
    targets = rng.normal(size=(3, 1)) @ np.maximum(rng.normal(size=(1, 3)) @ inputs, 0.0)
    if settings.pop("projections", False):
        targets = targets[:2]
        settings |= {"embedding": rng.normal(size=(width, 3)), "readout": rng.normal(size=(2, width))}
    if settings.get("loss") == "cross-entropy":
        targets = np.eye(3)[:, np.argmax(inputs, axis=0)]
    arguments: dict[str, Any] = {"effective_depth": 3.0, "weight_decay": 1e-2} | settings
    return RepresentationGeodesic(inputs, targets, width, **arguments)


def uneven_steps(layers: int) -> np.ndarray:
    steps = 1.0 + 0.5 * np.cos(np.arange(layers))
    return np.asarray(steps / steps.sum())


@dataclass
class Program:
    """The multiple-shooting program written once more, in CasADi, scaled by 1/λ."""

    variables: Any  # A_1 … A_L, then W_1 … W_L, each column-major
    objective: Any
    constraints: Any  # defects A_ℓ − stage map, then P A_L − Y of a fixed end
    geodesic: RepresentationGeodesic
    layers: int

    def pack(self, representations: np.ndarray, weights: np.ndarray) -> np.ndarray:
        parts = [matrix.ravel(order="F") for matrix in (*representations[1:], *weights)]
        return np.concatenate(parts)

    def unpack_weights(self, packed: np.ndarray) -> np.ndarray:
        w, c = self.geodesic.width, self.geodesic.columns
        tail = np.asarray(packed).ravel()[-self.layers * w * c :]
        return np.asarray(tail.reshape(self.layers, c, w).transpose(0, 2, 1))


def casadi_program(geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float) -> Program:
    w, c, n, layers = geodesic.width, geodesic.columns, geodesic.samples, len(steps)
    states = [ca.SX.sym(f"A{k + 1}", w, n) for k in range(layers)]
    weights = [ca.SX.sym(f"W{k + 1}", w, c) for k in range(layers)]
    before: Any = ca.DM(geodesic.initial_representations)
    scale, objective = geodesic.penalty_scale, 0
    defects = []
    for step, state, weight in zip(steps, states, weights, strict=True):
        features = expression(geodesic.activation_at(), before, smoothing)
        if geodesic.bias:
            features = ca.vertcat(features, ca.DM.ones(1, n))
        defects.append(state - (1 - step * geodesic.effective_depth) * before - step * (weight @ features))
        objective += scale * step * ca.sumsqr(weight)
        before = state
    mismatch = ca.DM(geodesic.readout) @ before - ca.DM(geodesic.targets)
    if geodesic.endpoint == "fixed":
        defects.append(mismatch)
    elif geodesic.loss == "cross-entropy":
        outputs = mismatch + ca.DM(geodesic.targets)
        shares = ca.exp(outputs) / ca.repmat(ca.sum1(ca.exp(outputs)), 3, 1)
        objective -= ca.sum1(ca.sum2(ca.DM(geodesic.targets) * ca.log(shares))) / (geodesic.weight_decay * n)
    else:
        objective += ca.sumsqr(mismatch) / (geodesic.weight_decay * n)
    variables = ca.vertcat(*[ca.vec(matrix) for matrix in (*states, *weights)])
    return Program(variables, objective, ca.vertcat(*[ca.vec(d) for d in defects]), geodesic, layers)


def ipopt(program: Program, start: np.ndarray) -> tuple[float, np.ndarray, bool]:
    """Cost J, point and success of IPOPT with exact Hessians from a packed start."""
    nlp = {"x": program.variables, "f": program.objective, "g": program.constraints}
    options = {"print_time": False, "ipopt": {"print_level": 0, "sb": "yes", "tol": 1e-10, "max_iter": 500}}
    solver = ca.nlpsol("solver", "ipopt", nlp, options)
    answer = solver(x0=start, lbg=0, ubg=0)
    cost = float(answer["f"]) * program.geodesic.weight_decay
    return cost, np.asarray(answer["x"]).ravel(), bool(solver.stats()["success"])


def casadi_residual(program: Program, result: StructuredResult) -> float:
    """The KKT residual of a result in CasADi's derivatives, its multipliers λB up to sign."""
    geodesic, momenta = program.geodesic, result.momenta
    multipliers = [matrix.ravel(order="F") for matrix in momenta[1:]]
    if geodesic.endpoint == "fixed":
        eta = np.linalg.lstsq(geodesic.readout.T, -momenta[-1], rcond=None)[0]
        multipliers.append(eta.ravel(order="F"))
    multiplier = np.concatenate(multipliers)
    lagrangian = program.objective + ca.dot(ca.DM(multiplier), program.constraints)
    gradient = ca.gradient(lagrangian, program.variables)
    evaluate = ca.Function("kkt", [program.variables], [gradient, program.constraints])
    values = evaluate(program.pack(result.representations, result.weights))
    return max(float(np.abs(np.asarray(value)).max()) for value in values)


def rough_point(geodesic: RepresentationGeodesic, steps: np.ndarray, smoothing: float = 0.1) -> Linearization:
    """An iterate with defects and multipliers of no special kind."""
    rng = np.random.default_rng(5)
    model = shooting_model(geodesic, steps, smoothing)
    weights = initial_weights(geodesic, steps, rng).transpose(0, 2, 1).copy()
    states = model.rollout(weights)
    states[1:] += 0.1 * rng.normal(size=states[1:].shape)
    multipliers = 3.0 * rng.normal(size=states[1:].shape)
    iterate = Iterate(states, weights, multipliers, 0.3 * rng.normal(size=model.end.targets.shape))
    return linearize(model, iterate, model.evaluate(states, weights))


def paper_order(array: np.ndarray) -> np.ndarray:
    return np.asarray(array.transpose(0, 2, 1))


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("solver_type", [Riccati, Condensed])
def test_step_solves_casadis_kkt_system(settings: dict[str, Any], solver_type: Any) -> None:
    """The Newton step and its multipliers satisfy the KKT system with CasADi's own derivatives and the shifts."""
    geodesic, steps = teacher(**settings), uneven_steps(4)
    point = rough_point(geodesic, steps)
    model, shift = point.model, 1e5
    solver = solver_type(model)
    assert solver.factor(point, shift)
    step = newton_step(point, solver, shift, point.evaluation.defects, point.evaluation.mismatch)

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


@pytest.mark.parametrize(("width", "samples", "layers"), [(3, 2, 5), (4, 9, 11), (6, 40, 12)])
def test_linear_solvers_agree(width: int, samples: int, layers: int) -> None:
    """Riccati and condensing factorize the same reduced Hessian: equal steps, and equal verdicts on definiteness."""
    point = rough_point(teacher(width, samples), uneven_steps(layers))
    riccati, condensed = Riccati(point.model), Condensed(point.model)
    verdicts = []
    for shift in (0.0, 1.0, 10.0, 1e2, 1e4):
        verdict = riccati.factor(point, shift)
        assert condensed.factor(point, shift) == verdict
        verdicts.append(verdict)
        if verdict:
            steps = [
                newton_step(point, solver, shift, point.evaluation.defects, point.evaluation.mismatch)
                for solver in (riccati, condensed)
            ]
            for name in ("states", "weights", "multipliers"):
                one, other = (getattr(step, name) for step in steps)
                # The bar that the two should meet; measured differences are below 1e-12.
                assert np.abs(one - other).max() <= 1e-10 * np.abs(one).max()
    # Both verdicts occurred.
    assert verdicts[-1]
    assert not verdicts[0]


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_solution_meets_casadis_kkt_conditions(settings: dict[str, Any]) -> None:
    """Every variant converges, and CasADi's derivatives confirm it; both linear solvers reach the same cost."""
    geodesic, steps = teacher(**settings), uneven_steps(8)
    start = initial_weights(geodesic, steps, np.random.default_rng(3))
    results = [solve_structured(geodesic, steps, 0.1, start, linear_solver=name) for name in ("riccati", "condensed")]
    for result in results:
        assert result.converged, result.reason.value
        assert result.strict_minimum
        # The result's multipliers are the solver's own, so only roundoff separates the two residuals (1e-9 asked for).
        assert casadi_residual(casadi_program(geodesic, steps, 0.1), result) < 2e-9
        assert result.cost == pytest.approx(geodesic.objective(result.weights, steps, 0.1), rel=1e-8)
    assert results[0].cost == pytest.approx(results[1].cost, rel=1e-9)


@pytest.mark.parametrize("endpoint", ["penalized", "fixed"])
def test_stationarity_identity(endpoint: str) -> None:
    """W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ at a stationary point, and a fixed end is met."""
    geodesic, steps = teacher(endpoint=endpoint), uneven_steps(8)
    result = solve_structured(geodesic, steps, 0.03, initial_weights(geodesic, steps, np.random.default_rng(0)))
    assert result.converged
    for layer in range(8):
        features = geodesic.features(result.representations[layer], 0.03)
        identity = 3.0 * result.momenta[layer + 1] @ features.T
        # ∇_W = (ρ/L̃)(W − L̃Bσᵀ) is below 1e-9; ρ/L̃ is at least 0.5/8/3 here.
        np.testing.assert_allclose(result.weights[layer], identity, atol=1e-7)
    momenta = geodesic.momenta(result.weights, result.representations, steps, 0.03, final=result.momenta[-1])
    np.testing.assert_allclose(result.momenta, momenta, atol=1e-7)
    if endpoint == "fixed":
        np.testing.assert_allclose(geodesic.readout @ result.representations[-1], geodesic.targets, atol=1e-9)


def test_minima_are_ipopts() -> None:
    """From the same starts IPOPT finds the same best minimum, and stays where the structured solver ends."""
    geodesic, steps = teacher(width=3, samples=5), uneven_steps(8)
    program = casadi_program(geodesic, steps, 0.1)
    ours, theirs = [], []
    for seed in range(6):
        start = initial_weights(geodesic, steps, np.random.default_rng(seed))
        result = solve_structured(geodesic, steps, 0.1, start)
        assert result.converged
        cost, _, success = ipopt(program, program.pack(geodesic.propagate(start, steps, 0.1), start))
        assert success
        ours.append(result.cost)
        theirs.append(cost)
        confirmed, point, success = ipopt(program, program.pack(result.representations, result.weights))
        # A stationary point at 1e-9 with a positive definite Hessian: the costs agree to the square of that.
        assert success
        assert confirmed == pytest.approx(result.cost, rel=1e-10)
        np.testing.assert_allclose(program.unpack_weights(point), result.weights, atol=1e-6)
    assert min(ours) == pytest.approx(min(theirs), rel=1e-9)


@pytest.mark.parametrize("activation", ["relu", "linear", "smoothed relu"])
def test_all_back_ends_meet_the_same_conditions_and_find_the_same_best(activation: str) -> None:
    """Ours, IPOPT and fatrop from four starts each: the recursion, its adjoint, W = L̃Bσ(A)ᵀ, and one best J."""
    settings: dict[str, Any] = {"activation": activation}
    if activation == "smoothed relu":
        settings["smoothing"] = 0.05
    geodesic, steps = teacher(width=3, samples=5, **settings), uneven_steps(6)
    best = []
    for solver in ("structured", "ipopt", "fatrop"):
        costs = []
        for seed in range(4):
            start = initial_weights(geodesic, steps, np.random.default_rng(seed))
            point = smooth_minimum(geodesic, steps, start, (0.1, 0.05), "euler", solver, 1e-10)
            assert point.converged, point.reason
            assert point.smoothing == 0.05
            weights = point.weights[:, 0]
            path = geodesic.propagate(weights, steps, 0.05)
            # Residuals of 1e-10 in J/λ, and the solvers' own scaling of the rows (up to 1e2), leave 1e-7 here.
            np.testing.assert_allclose(point.representations, path, atol=1e-7)
            adjoint = geodesic.momenta(weights, path, steps, 0.05)
            np.testing.assert_allclose(point.momenta[1:], adjoint[1:], atol=1e-6 * np.abs(adjoint).max())
            assert stationarity_residual(geodesic, weights, path, adjoint, 0.05) < 1e-6
            costs.append(point.cost)
        best.append(min(costs))
    assert best[1:] == pytest.approx(best[:1] * 2, rel=1e-8)


def test_one_neuron_converges_to_the_closed_form() -> None:
    """The neuron a₀ = 0.5, a₁ = 1.5, L̃ = 3: ∫‖W‖² = 6.644519613659, approached with order one in 1/L."""
    exact = 6.644519613659
    geodesic = RepresentationGeodesic(
        np.array([[0.5]]), np.array([[1.5]]), 1, 3.0, 1.0, endpoint="fixed", activation="linear"
    )
    values = []
    for layers in (40, 80, 160, 320):
        steps = np.full(layers, 1.0 / layers)
        result = solve_structured(geodesic, steps, 0.1, initial_weights(geodesic, steps, np.random.default_rng(0)))
        assert result.converged
        values.append(result.cost * 2.0 * 3.0)
    errors = np.abs(np.array(values) - exact)
    orders = np.log2(errors[:-1] / errors[1:])
    np.testing.assert_allclose(orders, 1.0, atol=0.05)
    # Two steps of Richardson extrapolation leave an error of order three: (1/320)³·O(10³).
    first = [2 * fine - coarse for coarse, fine in itertools.pairwise(values)]
    assert (4 * first[-1] - first[-2]) / 3 == pytest.approx(exact, abs=1e-4)


def test_permuted_start_gives_the_permuted_solution() -> None:
    """Neurons that neither data nor readout touch may be permuted: the solver commutes with it, up to roundoff."""
    geodesic, steps = teacher(width=5, samples=6), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    order = np.array([0, 1, 2, 4, 3])
    permuted = start[:, order][:, :, np.append(order, 5)]
    one = solve_structured(geodesic, steps, 0.1, start, linear_solver="riccati")
    other = solve_structured(geodesic, steps, 0.1, permuted, linear_solver="riccati")
    assert one.converged
    # Both runs do the same arithmetic in another order; a path this short does not amplify roundoff beyond 1e-8.
    np.testing.assert_allclose(other.weights, one.weights[:, order][:, :, np.append(order, 5)], atol=1e-8)


def test_same_start_gives_the_same_bits() -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    one, other = (solve_structured(geodesic, steps, 0.1, start) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(start, initial_weights(geodesic, steps, np.random.default_rng(4)))


def test_stopping_short_is_told() -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    start = initial_weights(geodesic, steps, np.random.default_rng(4))
    short = solve_structured(geodesic, steps, 0.1, start, max_iterations=3)
    assert (short.converged, short.reason, short.iterations) == (False, StructuredReason.ITERATIONS, 3)
    assert not short.strict_minimum
    wild = solve_structured(geodesic, steps, 0.1, 1e200 * start)
    assert (wild.converged, wild.reason) == (False, StructuredReason.NOT_FINITE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.zeros((6, 4, 4))}, r"weights has shape \(6, 4, 4\); it must be \(6, 4, 5\)"),
        ({"smoothing": 0.0}, "smoothing is 0.0"),
        ({"linear_solver": "magic"}, "linear_solver is 'magic'"),
        ({"tolerance": 0.0}, "tolerance is 0.0"),
        ({"representations": np.zeros((6, 4, 6))}, "representations has shape"),
    ],
)
def test_errors_name_the_argument(change: dict[str, Any], message: str) -> None:
    geodesic, steps = teacher(), uneven_steps(6)
    arguments: dict[str, Any] = {
        "smoothing": 0.1,
        "weights": initial_weights(geodesic, steps, np.random.default_rng(0)),
    } | change
    with pytest.raises(ProblemError, match=message):
        solve_structured(geodesic, steps, **arguments)
