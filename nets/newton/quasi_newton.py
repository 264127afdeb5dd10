"""Quasi-Newton descent for large data: limited-memory BFGS on top of the layers' curvature, one member at a time.

Newton's method by conjugate gradients pays with many Hessian products for a step that the kinks of hundreds of neurons
keep short. Here the curvature within the layers is known beforehand (`calculus/layer_factors.py`), and that between
them is learned from the gradients on the way, at one gradient a step. An iteration, in the variables √ρ_ℓ W_ℓ (with
√L̃ E and √L̃ P beside them where these are penalized):

1. q ← −H g, with H the inverse of M, scaled to the last step and updated by the latest MEMORY pairs of step and change
   of the gradient.
2. Go along q to a point where J has fallen enough and its slope has flattened (the weak conditions of Wolfe), by
   doubling and halving.
3. Keep the pair. Every REFRESH iterations compute M anew at the present point.
4. End at the tolerance of the residual, or where no step lowers J any more.

Source: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5, and section 3.1 on the conditions.
"""

from collections import deque

import torch
from torch import Tensor

from geodepth.nets.calculus.adjoint import Adjoint
from geodepth.nets.calculus.layer_factors import LayerFactors
from geodepth.nets.network.leaky_resnet import LeakyResNet
from geodepth.nets.shapes import PerMember
from geodepth.nets.tensor_checks import Samples

from .configuration import NewtonConfig

MEMORY, REFRESH = 30, 50
"""Pairs, and iterations between two computations of M, which costs about five gradients. Chosen by hand."""
DECREASE, FLATTENED = 1e-4, 0.9
"""Of the conditions of Wolfe: shares of the promised decrease and of the slope, as in Nocedal and Wright."""
TRIALS = 20
"""Of a line search: a million times longer or shorter than proposed. Chosen by hand."""
FIRST = 0.01
"""Length of the first step, relative to the weights. Chosen by hand."""
ROUNDING = 1e-14
"""Share of J by which a step may seem to rise; see `trust_region`."""


class QuasiNewtonDescent:
    """Descent on one smooth objective: `run` changes what `network` penalizes in place.

    Attributes
    ----------
    iterations, products : int
        Of the slowest member, and no Hessian-vector products.
    """

    def __init__(self, network: LeakyResNet, samples: Samples, config: NewtonConfig, tolerance: float) -> None:
        self.network, self.samples, self.config, self.tolerance = network, samples, config, tolerance
        self.iterations = self.products = 0

    def run(self) -> tuple[PerMember, PerMember]:
        """Iterate; returns the relative residuals and objectives at the end."""
        ends = []
        for member in range(self.network.members):
            alone = _Member(self.network.select([member]), self.samples, self.config.weight_decay)
            iterations = alone.descend(self.tolerance, self.config, member)
            self.iterations = max(self.iterations, iterations)
            alone.adjoint.store(self.network, [member])
            ends.append((alone.adjoint.stationarity(), alone.adjoint.objective))
        residuals, objectives = zip(*ends, strict=True)
        return torch.cat(residuals), torch.cat(objectives)


class _Member:
    """One network, its gradient in the scaled variables, and the pairs of its latest steps."""

    def __init__(self, network: LeakyResNet, samples: Samples, weight_decay: float) -> None:
        self.adjoint = Adjoint(network, len(samples.inputs), weight_decay)
        self.adjoint.load_batch(*samples)
        self.scale = self.adjoint.root_metric
        self.factors = LayerFactors(self.adjoint)
        self.pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=MEMORY)
        self.place = (self.adjoint.penalized * self.scale).flatten()
        self.gradient = self._evaluate(self.place)

    @property
    def objective(self) -> float:
        """J of the last evaluation."""
        return float(self.adjoint.objective)

    def _evaluate(self, place: Tensor) -> Tensor:
        """The gradient at scaled parameters, (R,)."""
        torch.div(place, self.scale, out=self.adjoint.penalized)
        self.adjoint.evaluate()
        return (self.adjoint.penalized_gradient / self.scale).flatten()

    def descend(self, tolerance: float, config: NewtonConfig, member: int) -> int:
        """Iterate to the tolerance; how many iterations that took."""
        for iteration in range(config.descent_iterations):
            residual = float(self.adjoint.stationarity())
            if config.callback is not None:
                values = {"member": member, "objective": self.objective, "stationarity": residual}
                config.callback(iteration, values)
            if residual <= tolerance:
                return iteration
            if iteration % REFRESH == 0:
                self.factors.prepare()
            if not self._step():
                if not self.pairs:
                    return iteration
                self.pairs.clear()  # what was learned elsewhere may mislead here
        return config.descent_iterations

    def _step(self) -> bool:
        direction = self._direction()
        slope = float(self.gradient.dot(direction))
        before = self.objective
        low, high, length = 0.0, torch.inf, 1.0
        if not self.pairs:
            length = min(1.0, FIRST * float(self.place.norm() / direction.norm()))
        # A slope that rounding has turned around leads nowhere.
        for _ in range(TRIALS if slope < 0.0 else 0):
            place = torch.add(self.place, direction, alpha=length)
            gradient = self._evaluate(place)
            # A comparison with NaN is false: what overflowed counts as risen.
            if not self.objective <= before + DECREASE * length * slope + ROUNDING * abs(before):
                high = length
            elif float(gradient.dot(direction)) < FLATTENED * slope:
                low = length
            else:
                self._keep(place, gradient)
                return True
            length = 2.0 * length if high == torch.inf else 0.5 * (low + high)
        self.gradient = self._evaluate(self.place)
        return False

    def _keep(self, place: Tensor, gradient: Tensor) -> None:
        step, change = place - self.place, gradient - self.gradient
        # Positive by the second condition, but for rounding.
        product = float(step.dot(change))
        if product > 0.0:
            self.pairs.append((step, change, 1.0 / product))
        self.place, self.gradient = place, gradient

    def _direction(self) -> Tensor:
        """−H g by the recursion over the pairs."""
        turned, shares = -self.gradient, []
        for step, change, weight in reversed(self.pairs):
            shares.append(weight * float(step.dot(turned)))
            turned.sub_(change, alpha=shares[-1])
        turned = self._by_factors(turned)
        if self.pairs:
            _, change, weight = self.pairs[-1]
            turned /= weight * float(change.dot(self._by_factors(change)))
        for (step, change, weight), share in zip(self.pairs, reversed(shares), strict=True):
            turned.add_(step, alpha=share - weight * float(change.dot(turned)))
        return turned

    def _by_factors(self, vector: Tensor) -> Tensor:
        return self.factors.inverse(vector[None])[0]
