"""What training to stationarity is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geodepth.nets.argument_checks import checks, keep_plain


@dataclass(frozen=True, slots=True)
class NewtonConfig:
    """How to train to stationarity.

    Attributes
    ----------
    weight_decay : float
        λ > 0.
    smoothings : tuple of float
        The values of ε, in units of A, falling, for a ReLU network; others ignore them. The default is that of the
        geodesic's homotopy in control, so that both towers end at the same ε.
    tolerance : float
        On the stationarity residual, the relative residual of W_ℓ = L̃ B_ℓ σ(A_{ℓ−1})ᵀ, in the last stage. Penalized
        projections are in it.
    stage_tolerance : float
        The same in the stages before.
    iterations : int
        Newton iterations per stage, at most.
    products : int
        Hessian-vector products per iteration, at most.
    method : str
        "newton": trust-region Newton-CG. "quasi-newton": limited-memory BFGS on top of the layers' curvature, for large
        data; give it smoothings that do not move the network, such as (0.003,). "auto": Newton-CG where outputs ×
        samples is at most 2000.
    descent_iterations : int
        Iterations of the quasi-Newton method per stage and member, at most.
    callback : function, optional
        Called as callback(iteration, values) before each iteration, with the member, its objective and its
        stationarity residual, by name. What it raises ends the training.

    Raises
    ------
    NetworkError
        For a value out of range.

    Notes
    -----
    The defaults of tolerances and counts were chosen by hand.
    """

    weight_decay: float
    smoothings: tuple[float, ...] = (0.1, 0.03, 0.01, 0.003)
    tolerance: float = 1e-9
    stage_tolerance: float = 1e-4
    iterations: int = 500
    products: int = 2000
    method: str = "auto"
    descent_iterations: int = 20_000
    callback: Callable[[int, dict[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        for name in ("weight_decay", "tolerance", "stage_tolerance"):
            keep_plain(self, name, checks.number(name, getattr(self, name), above=0.0))
        keep_plain(self, "method", checks.choice("method", self.method, choices=("auto", "newton", "quasi-newton")))
        if self.callback is not None and not callable(self.callback):
            raise checks.refusal("callback", self.callback, "a function of the iteration and the values, or None")
        for name in ("iterations", "products", "descent_iterations"):
            keep_plain(self, name, checks.count(name, getattr(self, name)))
        if not isinstance(self.smoothings, tuple) or not self.smoothings:
            raise checks.refusal("smoothings", self.smoothings, "a tuple of numbers, such as (0.1, 0.01)")
        for epsilon in self.smoothings:
            checks.number("smoothings", epsilon, above=0.0)
        if list(self.smoothings) != sorted(set(self.smoothings), reverse=True):
            raise checks.refusal("smoothings", self.smoothings, "falling values; sort them")
