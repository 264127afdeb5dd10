"""IPOPT: an interior-point method for any program."""

from typing import Any

from geodepth.control.transcription.nonlinear_program import NonlinearProgram

from .back_end import BackEnd, SolverSettings

CLOSE = 1e-9
"""How far a warm start is pushed from its bounds, absolute and relative (chosen by hand): it is to stay where it is."""
WARM_BARRIER = 1e-7
"""The first barrier parameter of a warm start, or the tolerance where that is larger (chosen by hand)."""


class Ipopt(BackEnd):
    """Wächter and Biegler, Math. Programming 106 (2006)."""

    plugin = "ipopt"
    takes_derivatives = True

    def options(
        self, settings: SolverSettings, transcription: NonlinearProgram, warm: bool, again: bool
    ) -> dict[str, Any]:
        """nlpsol's options; bounds are not relaxed, and only the tolerance asked for is acceptable."""
        options: dict[str, Any] = {
            "tol": settings.tolerance,
            "constr_viol_tol": settings.tolerance,
            # These two are IPOPT's own, in the units of the problem; "tol" is the scaled one.
            "dual_inf_tol": 1.0,
            "compl_inf_tol": max(1e-4, settings.tolerance),
            "acceptable_iter": 0,
            "max_iter": settings.max_iterations,
            "print_level": 0,
            "sb": "yes",
            "bound_relax_factor": 0.0,
            # Programs are scaled here. MUMPS would permute for large pivots, which tears apart what is sparse in an
            # interval: on 122 intervals of 50 states a solve took 18 s, and 2 s without, in fewer iterations.
            "mumps_scaling": 0,
        }
        if warm:
            options |= {
                "warm_start_init_point": "yes",
                "warm_start_bound_push": CLOSE,
                "warm_start_bound_frac": CLOSE,
                "warm_start_slack_bound_push": CLOSE,
                "warm_start_slack_bound_frac": CLOSE,
                "warm_start_mult_bound_push": CLOSE,
                "mu_init": max(settings.tolerance, WARM_BARRIER),
            }
        return {"ipopt": options | dict(settings.options or {}), "no_nlp_grad": True}
