"""Leaky ResNets and their training: many networks in one module, on the CPU or a GPU, with PyTorch and NumPy alone.

- public_names: what this package hands on, once it is asked for: only then is PyTorch loaded.
- argument_checks, tensor_checks, errors: what a user gives, and the one error where it cannot be used.
- adaptive_options: how adaptive layer steps are updated.
- devices: which device to compute on, and how precisely.
- shapes: shapes of tensors that recur, by name.
- network/: LeakyResNet, its activations, layer steps, projections, initial weights, units and files.
- calculus/: derivatives of the objective: adjoint, Hessian products, Gauss-Newton.
- training/: first-order training: `train`, its configuration, result, optimizers, checkpoint and reporting.
- newton/: training to stationarity by trust-region Newton.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geodepth.foundation.optional_parts import require

if TYPE_CHECKING:
    from .public_names import *  # noqa: F403
    from .public_names import __all__ as __all__
else:

    def __getattr__(name: str) -> Any:
        # A wrong setting is told without waiting for PyTorch, which takes seconds to load.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        require("torch", "geodepth.nets")
        try:
            return getattr(import_module(f"{__name__}.public_names"), name)
        except AttributeError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None

    def __dir__() -> list[str]:
        return __getattr__("__all__")
