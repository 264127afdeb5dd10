"""Shapes of tensors that recur, by name; for readers and type checkers alone."""

from torch import Tensor

from geodepth.foundation.shapes import Float

PerMember = Float[Tensor, " members"]
"""One number per member."""
Steps = Float[Tensor, "members layers"]
"""ρ_ℓ of every member, or one other number per layer."""
States = Float[Tensor, "members width samples"]
"""A_ℓ of every member, samples as columns."""
Weights = Float[Tensor, "members layers width columns"]
"""W_ℓ of every member; one column more than rows where there is a bias."""
Paths = Float[Tensor, "members points a b"]
"""A_0…A_L of every member; neurons and samples come in any order."""
Vectors = Float[Tensor, "members P"]
"""A row per member, with one number per parameter."""
Errors = Float[Tensor, "members outputs samples"]
"""P A_L − Y, or what is to change it."""
Inputs = Float[Tensor, "samples inputs"]
"""X, one row per sample."""
Targets = Float[Tensor, "samples outputs"]
"""Y, one row per sample."""
