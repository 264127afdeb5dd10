"""What is measured of a network's path after the solve, apart from whichever back-end solved it."""

from dataclasses import replace

from geodepth.control.geodesics.statement.network_path import NetworkPath

from .geodesic_certificate import GeodesicCertificate
from .inertia import curvature_of
from .kkt_residual import kkt_residual
from .lower_bounds.lower_bound import lower_bound

STATIONARY = 1e-6
"""The KKT residual of a stationary point, relative: solvers leave 1e-9 to 1e-7."""


def complete_certificate(certificate: GeodesicCertificate, path: NetworkPath) -> GeodesicCertificate:
    """The certificate of a network's path with its KKT residual, its curvature and the global lower bound.

    Parameters
    ----------
    certificate : GeodesicCertificate
        What the solver knows.
    path : NetworkPath
        The exact network, rolled out.
    """
    curvature, kkt = curvature_of(path), kkt_residual(path)
    strict = certificate.strict_minimum
    if strict is None and not path.geodesic.has_kinks and curvature.smallest is not None:
        strict = curvature.smallest > 0 and kkt <= STATIONARY
    return replace(
        certificate,
        kkt=kkt,
        curvature=curvature.smallest,
        inertia=curvature.inertia,
        global_lower=lower_bound(path.geodesic, path.steps).value,
        strict_minimum=strict,
    )
