"""Training to stationarity: trust-region Newton with conjugate gradients, in double precision, members batched.

First-order training stalls where the penalty, of weight λ, has to be balanced against the data: its curvature λ/L̃ is
thousands of times below that of the fit. Newton's method does not see that ratio. It works in the variables √ρ_ℓ W_ℓ,
whose squared length is the penalty's ∫‖W_p‖²dp whatever the steps are, so that the Hessian is (λ/L̃) I, plus the fit's
Gauss-Newton part of rank at most samples × outputs, plus one that is small where the fit is good. The first two can be
inverted exactly (gauss_newton.py): they precondition the conjugate gradients and give the trust region its shape.

A ReLU network is taken through σ_ε(a) = (a + √(a² + ε²))/2 with falling ε, each stage from the last, because at the
optimum many activations sit exactly on the kink, where a ReLU has no Hessian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from geodepth.foundation.shapes import Bool, Float
from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.calculus.gauss_newton import GaussNewton, PenaltyOnly
from geodepth.nets.calculus.hessian_products import Curvature
from geodepth.nets.network.activations import ReLU, SmoothedReLU
from geodepth.nets.network.errors import NetworkError, check_integer, check_number, check_pairs, shown

from .conjugate_gradients import solve_subproblems

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from geodepth.nets.network.leaky_resnet import LeakyResNet

# Objectives are compared down to rounding: below this share of J a difference says nothing.
ROUNDING = 1e-14
# Outputs × samples up to which the tangent kernel (its square in numbers, its cube in work) is worth its price.
LARGEST_KERNEL = 2000


@dataclass(frozen=True, slots=True)
class NewtonConfig:
    """How to train to stationarity.

    weight_decay      λ > 0
    smoothings        the values of ε, falling, for a ReLU network; others ignore them
    tolerance         on the relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ in the last stage
    stage_tolerance   the same in the stages before
    iterations        Newton iterations a stage, at most
    products          Hessian-vector products an iteration, at most

    Raises NetworkError for a value out of range.
    """

    weight_decay: float
    smoothings: tuple[float, ...] = (0.1, 0.03, 0.01, 0.003)
    tolerance: float = 1e-9
    stage_tolerance: float = 1e-4
    iterations: int = 500
    products: int = 2000

    def __post_init__(self) -> None:
        check_number("weight_decay", self.weight_decay, 0.0, open_below=True)
        check_number("tolerance", self.tolerance, 0.0, open_below=True)
        check_number("stage_tolerance", self.stage_tolerance, 0.0, open_below=True)
        check_integer("iterations", self.iterations, 1)
        check_integer("products", self.products, 1)
        if not isinstance(self.smoothings, tuple) or not self.smoothings:
            raise NetworkError(f"smoothings is {shown(self.smoothings)}; expected a tuple of numbers; pass (0.1, 0.01)")
        for epsilon in self.smoothings:
            check_number("smoothings", epsilon, 0.0, open_below=True)
        if list(self.smoothings) != sorted(set(self.smoothings), reverse=True):
            raise NetworkError(f"smoothings is {shown(self.smoothings)}; expected falling values; sort them")


@dataclass(frozen=True, slots=True)
class NewtonResult:
    """Where Newton's method ended. Arrays are NumPy's.

    network               the network that was given, with the final weights and its own activation
    smoothing             ε of the last stage, 0 where the activation is smooth already
    objective             (members,), J of `network`, with its own activation
    smoothed_objective    (members,), J with the activation of the last stage
    stationarity          (members,), relative residual with the activation of the last stage
    converged             (members,), whether that is within the tolerance
    iterations, products  Newton iterations and Hessian-vector products, over all stages, of the slowest member
    """

    network: LeakyResNet
    smoothing: float
    objective: Float[np.ndarray, " members"]
    smoothed_objective: Float[np.ndarray, " members"]
    stationarity: Float[np.ndarray, " members"]
    converged: Bool[np.ndarray, " members"]
    iterations: int
    products: int


def train_to_stationarity(
    network: LeakyResNet, inputs: ArrayLike | Tensor, targets: ArrayLike | Tensor, config: NewtonConfig
) -> NewtonResult:
    """Take every member of `network` to a stationary point of J with respect to its weights, on its own layer steps.

    `inputs` (samples, network.inputs), `targets` (samples, network.outputs). Projections stay as they are, learned or
    not. The network is changed in place. A member that stops short is reported by `converged`, not by an error.
    Raises NetworkError for data that do not fit and for a network that is not in double precision.
    """
    if network.weights.dtype != torch.float64:
        raise NetworkError(
            f"network has type {network.weights.dtype}; expected torch.float64 for second-order training; "
            "call network.double() first"
        )
    x, y = check_pairs(
        inputs, targets, (network.inputs, network.outputs), network.weights.dtype, network.weights.device
    )
    own = network.activation
    smoothings = config.smoothings if isinstance(own, ReLU) else (0.0,)
    iterations = products = 0
    residual = smoothed = torch.zeros(network.members)
    try:
        with torch.inference_mode():
            for stage, smoothing in enumerate(smoothings):
                network.activation = SmoothedReLU(smoothing) if smoothing else own
                last = stage == len(smoothings) - 1
                descent = _Descent(network, x, y, config, config.tolerance if last else config.stage_tolerance)
                residual, smoothed = descent.run()
                iterations += descent.iterations
                products += descent.products
    finally:
        network.activation = own
    with torch.no_grad():
        objective = network.objective(x, y, config.weight_decay).cpu().numpy()
    stationarity = residual.cpu().numpy()
    return NewtonResult(
        network,
        smoothings[-1],
        objective,
        smoothed.cpu().numpy(),
        stationarity,
        stationarity <= config.tolerance,
        iterations,
        products,
    )


class _Descent:
    """Newton's method on one smooth objective. Members leave the batch when they are done."""

    def __init__(
        self,
        network: LeakyResNet,
        x: Float[Tensor, "samples inputs"],
        y: Float[Tensor, "samples outputs"],
        config: NewtonConfig,
        tolerance: float,
    ) -> None:
        self.network, self.x, self.y, self.config, self.tolerance = network, x, y, config, tolerance
        self.iterations = self.products = 0
        weights = network.weights.detach()
        # In the metric of M a step's squared length is what it changes in J, to the order of the model: the first
        # guess is that the model holds for changes of the size of the penalty. It adapts within a few iterations.
        self.radius = network.penalty(config.weight_decay).sqrt().clamp_min(1e-6)
        self.residual = weights.new_full((network.members,), torch.inf)
        self.objective = weights.new_full((network.members,), torch.inf)
        self.stalled = torch.zeros(network.members, dtype=torch.bool, device=weights.device)

    def run(self) -> tuple[Float[Tensor, " members"], Float[Tensor, " members"]]:
        """Iterate; returns the relative residuals and objectives at the end."""
        batch: list[int] = []
        while True:
            active = ((self.residual > self.tolerance) & ~self.stalled).nonzero()[:, 0].tolist()
            if not active or self.iterations >= self.config.iterations:
                return self.residual, self.objective
            if active != batch:
                self._load(active)
                batch = active
            self._iterate(active)
            self.iterations += 1

    def _load(self, active: list[int]) -> None:
        self.part = self.network.select(active)
        self.adjoint = Adjoint(self.part, self.x.shape[0], self.config.weight_decay)
        self.adjoint.load_batch(self.x, self.y)
        self.curvature = Curvature(self.adjoint)
        small = self.part.outputs * self.x.shape[0] <= LARGEST_KERNEL
        self.model: GaussNewton | PenaltyOnly = GaussNewton(self.adjoint) if small else PenaltyOnly(self.adjoint)
        self.scale = self.adjoint.steps.sqrt()
        self._measure(active)

    def _measure(self, active: list[int]) -> None:
        self.adjoint.evaluate()
        self.residual[active] = self.adjoint.stationarity()
        self.objective[active] = self.adjoint.objective

    def _iterate(self, active: list[int]) -> None:
        adjoint, shape = self.adjoint, self.part.weights.shape
        weights = adjoint.split(adjoint.parameters)[0]
        start, errors = weights.clone(), adjoint.errors.clone()
        gradient = (adjoint.split(adjoint.gradient)[0] / self.scale).flatten(1)
        self.curvature.prepare()
        self.model.prepare()

        def product(direction: Float[Tensor, "members P"]) -> Float[Tensor, "members P"]:
            return (self.curvature.product(direction.view(shape) / self.scale) / self.scale).flatten(1)

        # Inexact Newton: solve the more exactly the closer to the end, for superlinear convergence, but no further
        # than a tenth of what the tolerance asks for.
        residual, before, radius = self.residual[active], self.objective[active], self.radius[active]
        forcing = torch.maximum(residual.sqrt().clamp(max=0.1), 0.1 * self.tolerance / residual)
        size = (gradient * self.model.inverse(gradient)).sum(1).sqrt()
        solution = solve_subproblems(
            product, self.model.inverse, gradient, radius, forcing * size, self.config.products
        )
        self.products += solution.products
        step = solution.step
        self._move(start, step)
        plain, seen = adjoint.objective, adjoint.stationarity()
        correction = self.model.correction(step, errors, adjoint.errors)
        after = plain
        if correction is not None:
            usable = torch.isfinite(correction).all(1)
            self._move(start, torch.where(usable[:, None], step + correction, step))
            better = usable & (adjoint.objective < plain)
            step = torch.where(better[:, None], step + correction, step)
            after = torch.where(better, adjoint.objective, plain)
            seen = torch.where(better, adjoint.stationarity(), seen)

        blur = ROUNDING * before.abs()
        ratio = (before - after + blur) / (solution.decrease + blur)
        # Where J cannot tell any more, a smaller gradient can.
        blurred = (solution.decrease < 10.0 * blur) & (seen < residual)
        accepted = (ratio > 1e-4) | blurred
        shrunk = ((ratio < 0.25) & ~blurred) | ~torch.isfinite(ratio)
        radius = torch.where(solution.on_boundary & (ratio > 0.75), 2.0 * radius, radius)
        self.radius[active] = torch.where(shrunk, 0.25 * solution.length, radius)
        # A step below rounding: it can be told from none neither by J nor by the gradient.
        self.stalled[active] = ~accepted & (solution.decrease < 0.1 * blur)
        self._move(start, torch.where(accepted[:, None], step, 0.0))
        self.network.weights[active] = weights
        self._measure(active)

    def _move(self, start: Tensor, step: Float[Tensor, "members P"]) -> None:
        """Evaluate at the weights `start` plus a step in the scaled variables."""
        torch.add(start, step.view_as(start) / self.scale, out=self.adjoint.split(self.adjoint.parameters)[0])
        self.adjoint.evaluate()
