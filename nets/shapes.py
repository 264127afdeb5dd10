"""Shapes of tensors that recur, by name; for readers and type checkers alone."""

from __future__ import annotations

from torch import Tensor

from geodepth.foundation.shapes import Float

PerMember = Float[Tensor, " members"]
"""One number per member."""
Steps = Float[Tensor, "members layers"]
"""ρ_ℓ of every member, or one other number per layer."""
Vectors = Float[Tensor, "members P"]
"""A row per member, with one number per parameter."""
Errors = Float[Tensor, "members outputs samples"]
"""P A_L − Y, or what is to change it."""
Inputs = Float[Tensor, "samples inputs"]
"""X, one row per sample."""
Targets = Float[Tensor, "samples outputs"]
"""Y, one row per sample."""
