"""What happens as L̃ grows: representations become non-negative, and two time scales come apart.

Source: Jacot and Kaiser, arXiv:2405.17573, Proposition 5 and the separation of time scales.
"""

from collections.abc import Sequence

import numpy as np

from geodepth.validation.path.representation_path import RepresentationPath
from geodepth.validation.physics.path_energies import compute_energies
from geodepth.validation.physics.phases import Phases

from .check import Check, Statement

_FEW = "it takes paths at three or more effective depths"


def negative_share(path: RepresentationPath, position: float = 0.5) -> float:
    """‖min(A_p, 0)‖_F/‖A_p‖_F at the layer nearest to p = `position`, 0 where A_p is non-negative."""
    A = path.representations[int(np.argmin(np.abs(path.positions - position)))]
    size = float(np.linalg.norm(A))
    return float(np.linalg.norm(np.minimum(A, 0.0)) / size) if size > 0.0 else 0.0


def nonnegative_bottleneck(paths: Sequence[RepresentationPath], position: float = 0.5) -> Check:
    """Check Proposition 5: at a fixed 0 < p < 1 representations become non-negative as L̃ grows.

    Parameters
    ----------
    paths : sequence of RepresentationPath
        Of one problem, at three or more L̃.
    position : float
        p.

    Returns
    -------
    Check
        left is the share that is negative at the largest L̃, right half of that at the least.
    """
    statement = Statement("Proposition 5", "the negative part of A_p vanishes as L̃ grows")
    ordered = _by_depth(paths)
    if ordered is None:
        return statement.not_applicable(_FEW)
    shares = [negative_share(path, position) for path in ordered]
    return statement.inequality(shares[-1], 0.5 * shares[0], 1e-12, f"shares {_listed(shares, ordered)}")


def separation_of_time_scales(path: RepresentationPath, phases: Phases) -> Check:
    """Check that representations move at a speed of order L̃ outside the bottleneck, and of order 1 inside.

    Returns
    -------
    Check
        left is the slowest ‖∂_pA‖_{K+γ_pI} inside, right half the fastest outside: the bottleneck is at least twice as
        slow. Not applicable without a bottleneck that the cost of identity and the Hamiltonian agree on.

    Notes
    -----
    That the ratio falls like 1/L̃ takes paths at several L̃, see `time_scales_with_depth`.
    """
    statement = Statement("Separation of time scales", "slow speed ≤ ½ fast speed")
    if not (phases.has_bottleneck and phases.evidence.agrees):
        return statement.not_applicable("there is no bottleneck yet")
    reason = f"{phases.slow_ratio:.2g} L̃ inside, {phases.fast_ratio:.2g} L̃ outside"
    return statement.inequality(phases.slow, 0.5 * phases.fast, 0.0, reason)


def time_scales_with_depth(paths: Sequence[RepresentationPath]) -> tuple[Check, Check]:
    """Check the two time scales as L̃ grows, on paths of one problem at three or more L̃.

    Returns
    -------
    slow : Check
        The least ‖∂_pA‖_{K+γ_pI} along p, over L̃, falls at least by half from the first L̃ to the last.
    fast : Check
        The largest one over L̃ does not, so that it is of order L̃.
    """
    slowest = Statement("Slow time scale", "slow speed/L̃ falls as L̃ grows")
    fastest = Statement("Fast time scale", "fast speed/L̃ stays as L̃ grows")
    ordered = _by_depth(paths)
    if ordered is None:
        return slowest.not_applicable(_FEW), fastest.not_applicable(_FEW)
    speeds = [np.sqrt(2.0 / p.effective_depth * compute_energies(p).relative.kinetic) for p in ordered]
    slow, fast = [float(s.min()) for s in speeds], [float(s.max()) for s in speeds]
    return (
        slowest.inequality(slow[-1], 0.5 * slow[0], 0.0, _listed(slow, ordered)),
        fastest.inequality(0.5 * fast[0], fast[-1], 0.0, _listed(fast, ordered)),
    )


def _by_depth(paths: Sequence[RepresentationPath]) -> list[RepresentationPath] | None:
    """The paths by L̃, None where there are fewer than three of them."""
    ordered = sorted(paths, key=lambda path: path.effective_depth)
    return ordered if len({path.effective_depth for path in ordered}) >= 3 else None


def _listed(values: Sequence[float], paths: Sequence[RepresentationPath]) -> str:
    depths = ", ".join(f"{path.effective_depth:g}" for path in paths)
    return f"{', '.join(f'{value:.2g}' for value in values)} at L̃ = {depths}"
