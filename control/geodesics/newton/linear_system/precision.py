"""In which precision a shifted Hessian is factorized."""

import numpy as np

Kind = type[np.float32] | type[np.float64]

SHIFTED = 0.01
"""The least shift μ with which single precision factorizes, in units of the penalty's curvature. Its roundoff in H,
1e-7 of V, is far below such a shift. Without a shift, near a minimum, all digits count."""


def kind_for(shift: float, single: bool) -> Kind:
    """Single precision where it is allowed and the shift is large enough for it, double precision elsewhere."""
    return np.float32 if single and shift >= SHIFTED else np.float64
