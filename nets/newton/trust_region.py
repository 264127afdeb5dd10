"""Trust-region Newton with conjugate gradients, in double precision, members batched.

First-order training stalls where the penalty, of weight λ, has to be balanced against the data: its curvature λ/L̃ is
thousands of times below that of the fit. Newton's method does not see that ratio. It works in the variables √ρ_ℓ W_ℓ,
whose squared length is the penalty's ∫‖W_p‖²dp whatever the steps are (with √L̃ E and √L̃ P beside them where these are
penalized). So the Hessian is (λ/L̃) I, plus the fit's
Gauss-Newton part of rank at most samples × outputs, plus one that is small where the fit is good. The first two can be
inverted exactly (`calculus/gauss_newton.py`), or for large data layer by layer (`calculus/layer_factors.py`): they
precondition the conjugate gradients and give the trust region its shape. An iteration:

1. Evaluate J, its gradient and what Hessian products need, at the weights.
2. Minimize the quadratic model in the trust region by truncated conjugate gradients (`conjugate_gradients.py`).
3. Try the step, and the step with a correction of second order; take the better.
4. Accept it if J fell by a fair share of what the model promised, or, where J cannot tell any more, if the gradient
   shrank.
5. Double the radius where the model held up to the boundary; where it did not hold, shrink it below the step's length.
6. A member leaves when its stationarity residual is within the tolerance, or when its step drowns in rounding.

Source: Nocedal and Wright, Numerical Optimization, algorithms 4.1 and 7.2.
"""

import torch

from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.calculus.gauss_newton import GaussNewton
from geodepth.nets.calculus.hessian_products import Curvature
from geodepth.nets.calculus.layer_factors import LayerFactors
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.shapes import PerMember, Vectors
from geodepth.nets.tensor_checks import Samples

from .configuration import NewtonConfig
from .conjugate_gradients import solve_subproblems

ROUNDING = 1e-14
"""Objectives are compared down to rounding: below this share of J a difference says nothing. Some fifty units of
double precision, for sums over layers and samples."""
ACCEPTED = 1e-4
"""The share of the promised decrease of J from which a step is taken; Nocedal and Wright allow any below a quarter."""
FAILED, HELD = 0.25, 0.75
"""The shares below which the radius shrinks, to as much of the step's length, and above which it doubles. Both as in
Nocedal and Wright, algorithm 4.1."""
SMALLEST_START = 1e-6
"""The least first radius, in the metric of M: for networks without weights. Chosen by hand; the radius adapts."""
LARGEST_KERNEL = 2000
"""Outputs × samples up to which the tangent kernel is worth its price: its square in numbers, its cube in work. Chosen
by hand."""


def has_small_kernel(samples: Samples) -> bool:
    """Whether the tangent kernel of these data is worth its price."""
    return samples.targets.numel() <= LARGEST_KERNEL


class TrustRegionDescent:
    """Newton's method on one smooth objective: `run` changes what `network` penalizes in place.

    Members leave the batch when they are done.

    Attributes
    ----------
    residual, objective : (members,)
        The stationarity residual and J at the present weights.
    iterations, products : int
        Newton iterations and Hessian-vector products done.
    """

    def __init__(self, network: LeakyResNet, samples: Samples, config: NewtonConfig, tolerance: float) -> None:
        self.network, self.samples, self.config, self.tolerance = network, samples, config, tolerance
        self.iterations = self.products = 0
        weights = network.weights.detach()
        # In the metric of M a step's squared length is what it changes in J, to the order of the model: the first
        # guess is that the model holds for changes of the size of the penalty. It adapts within a few iterations.
        penalty = network.penalty(config.weight_decay) + network.projection_penalty(config.weight_decay)
        self.radius = penalty.sqrt().clamp_min(SMALLEST_START)
        self.residual = weights.new_full((network.members,), torch.inf)
        self.objective = weights.new_full((network.members,), torch.inf)
        self.stalled = torch.zeros(network.members, dtype=torch.bool, device=weights.device)

    def run(self) -> tuple[PerMember, PerMember]:
        """Iterate; returns the relative residuals and objectives at the end."""
        batch: list[int] = []
        while True:
            active = ((self.residual > self.tolerance) & ~self.stalled).nonzero()[:, 0].tolist()
            if not active or self.iterations >= self.config.iterations:
                return self.residual, self.objective
            if active != batch:
                self._load(active)
                batch = active
            if self.config.callback is not None:
                for member in active:
                    ends = {"objective": self.objective[member], "stationarity": self.residual[member]}
                    values = {name: float(end) for name, end in ends.items()}
                    self.config.callback(self.iterations, {"member": member, **values})
            self._iterate(active)
            self.iterations += 1

    def _load(self, active: list[int]) -> None:
        self.part = self.network.select(active)
        self.adjoint = Adjoint(self.part, len(self.samples.inputs), self.config.weight_decay)
        self.adjoint.load_batch(*self.samples)
        self.curvature = Curvature(self.adjoint)
        small = has_small_kernel(self.samples)
        self.model: GaussNewton | LayerFactors = GaussNewton(self.adjoint) if small else LayerFactors(self.adjoint)
        self.scale = self.adjoint.root_metric
        self._measure(active)

    def _measure(self, active: list[int]) -> None:
        self.adjoint.evaluate()
        self.residual[active] = self.adjoint.stationarity()
        self.objective[active] = self.adjoint.objective

    def _iterate(self, active: list[int]) -> None:
        adjoint = self.adjoint
        start, errors = adjoint.penalized.clone(), adjoint.errors.clone()
        gradient = adjoint.penalized_gradient / self.scale
        self.curvature.prepare()
        self.model.prepare()

        def product(direction: Vectors) -> Vectors:
            return self.curvature.product(direction / self.scale) / self.scale

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
        accepted = (ratio > ACCEPTED) | blurred
        shrunk = ((ratio < FAILED) & ~blurred) | ~torch.isfinite(ratio)
        radius = torch.where(solution.on_boundary & (ratio > HELD), 2.0 * radius, radius)
        self.radius[active] = torch.where(shrunk, FAILED * solution.length, radius)
        # A step below rounding: it can be told from none neither by J nor by the gradient.
        self.stalled[active] = ~accepted & (solution.decrease < 0.1 * blur)
        self._move(start, torch.where(accepted[:, None], step, 0.0))
        adjoint.store(self.network, active)
        self._measure(active)

    def _move(self, start: Vectors, step: Vectors) -> None:
        """Evaluate at `start` plus a step in the scaled variables."""
        torch.add(start, step / self.scale, out=self.adjoint.penalized)
        self.adjoint.evaluate()
