"""What is known of the continuous path of the exact ReLU: a second method, what its equations leave, a closed form.

1. Solve the direct method's program on the pieces of the indirect one, and compare path and cost.
2. Measure the drift of H, and what the continuous equations leave between the collocation's points.
3. Compare ∫‖W‖² with the closed form, where there is one.
4. Where the kinks do not settle: how far the cost may be from that of the exact ReLU, by networks of ever more layers.
"""

from dataclasses import replace

import numpy as np

from geodepth.control.geodesics.continuum.closed_forms import closed_form_norm
from geodepth.control.geodesics.continuum.direct_on_pieces import direct_on_pieces
from geodepth.control.geodesics.continuum.exact_path import ExactPath
from geodepth.control.geodesics.continuum.indirect.extremal import Extremal
from geodepth.control.transcription.implicit_integrators import gauss_legendre

from .geodesic_certificate import GeodesicCertificate

POINTS = 3
"""Of the direct method's collocation on an interval, one less than the indirect method's."""


def certificate_of(extremal: Extremal, cost: float) -> GeodesicCertificate:
    """The certificate of a path next to an extremal of the exact ReLU.

    Parameters
    ----------
    extremal : Extremal
        That converged.
    cost : float
        J of the path as it is handed out.
    """
    return with_continuum(GeodesicCertificate(cost, -np.inf, np.nan), extremal)


def with_continuum(known: GeodesicCertificate, extremal: Extremal) -> GeodesicCertificate:
    """A certificate with what the extremal of the exact ReLU adds to it, whose path is next to it."""
    direct = direct_on_pieces(extremal, extremal.positions, gauss_legendre(POINTS))
    apart, words = None, f"Gauss collocation: {direct.reason}"
    if direct.solved:
        sizes = float(np.abs(extremal.representations).max()), abs(extremal.cost)
        path = float(np.abs(direct.representations - extremal.representations).max())
        apart = max(path / max(sizes[0], 1e-300), abs(direct.cost - extremal.cost) / max(sizes[1], 1e-300))
        words = "and Gauss collocation"
    crossings, rests = sum(event.kind == "crossing" for event in extremal.crossings), len(extremal.rests)
    norm = closed_form_norm(extremal.geodesic)
    return replace(
        known,
        hamiltonian_drift=extremal.drift,
        second_method=apart,
        equation_defect=extremal.defect,
        closed_form=None if norm is None else abs(extremal.parameter_norm / norm - 1.0),
        continuum=f"exact ReLU, {crossings} crossings and {rests} rests resolved: indirect method, {words}",
    )


def unresolved(known: GeodesicCertificate, found: ExactPath) -> GeodesicCertificate:
    """The certificate of a smoothed path whose kinks did not settle, with what may be missing of its cost."""
    missing = abs(known.upper - found.limit) / max(abs(found.limit), 1e-300) + found.uncertainty
    bound = "" if np.isnan(missing) else f"; networks' limit is within {missing:.0e} of J"
    words = f"smoothed ReLU, kinks not resolved: {found.reason}{bound}"
    return replace(known, missing=None if np.isnan(missing) else missing, continuum=words)
