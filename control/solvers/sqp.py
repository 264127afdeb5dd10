"""CasADi's sequential quadratic programming with qrQP, for small programs and warm starts."""

from typing import Any

from geodepth.control.transcription.nonlinear_program import NonlinearProgram

from .back_end import BackEnd, SolverSettings


class Sqp(BackEnd):
    """Exact Hessians, made convex where they are not; qrQP needs no other library and keeps the structure.

    Eigenvalues that are not positive are clipped, interval by interval. A shift of the whole Hessian, by an estimate of
    its smallest eigenvalue, shifts convex ones too, and costs thousands of iterations where scales differ.
    """

    plugin = "sqpmethod"

    def options(
        self, settings: SolverSettings, transcription: NonlinearProgram, warm: bool, again: bool
    ) -> dict[str, Any]:
        """nlpsol's options, the same for a warm start."""
        options: dict[str, Any] = {
            "qpsol": "qrqp",
            "qpsol_options": {"print_iter": False, "print_header": False, "print_info": False, "error_on_fail": False},
            "convexify_strategy": "eigen-clip",
            "tol_pr": settings.tolerance,
            "tol_du": settings.tolerance,
            "max_iter": settings.max_iterations,
            "print_header": False,
            "print_iteration": False,
            "print_status": False,
            "no_nlp_grad": True,
        }
        return options | dict(settings.options or {})
