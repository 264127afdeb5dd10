"""CasADi's sequential quadratic programming with qrQP, for small programs and warm starts."""

from typing import Any

from geodepth.control.transcription.nonlinear_program import NonlinearProgram

from .back_end import BackEnd, SolverSettings, Turn

CLIPPED = (30, 300)
"""Iterations with a clipped Hessian before each turn of the Hessian as it is (chosen by hand): on phases of free times
20 are near enough, and a convex program is solved in fewer."""
EXACT = 20
"""Iterations of such a turn (chosen by hand): 5 to 11 where it arrives."""
SHIFTED = 300
"""Iterations of the last turn, whose steps are short (chosen by hand): 11 to 148 where it arrives."""


class Sqp(BackEnd):
    """Exact Hessians, made convex where they are not; qrQP needs no other library and keeps the structure.

    Eigenvalues that are not positive are clipped, interval by interval. A shift of the whole Hessian, by an estimate of
    its smallest eigenvalue, shifts convex ones too, and costs thousands of iterations where scales differ.

    It asks whether the Lagrangian's gradient is zero, not whether multipliers have the signs of bounds that are met: a
    warm start where ends became a range would end at once.

    Where what is clipped is negative at the optimum too, because constraints alone make it a minimum, steps shrink by a
    few percent each. So the Hessian as it is gets its turns: near the optimum it takes a few steps.

    CasADi finds no eigenvalues of a Hessian that is dense and of low rank, as of a terminal cost alone: there it
    compares rounding with its own square. The Hessian as it is solves most of these programs, and a shifted one the
    others.
    """

    plugin = "sqpmethod"
    checks_signs = False

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

    def turns(self, settings: SolverSettings) -> tuple[Turn, ...]:
        """Clipped, as it is, clipped again, at last shifted; unless options name one of both, or the iterations."""
        if {"max_iter", "convexify_strategy"} & set(settings.options or {}):
            return (Turn(),)
        found, last, left = list[Turn](), list[Turn](), settings.max_iterations
        if left > 2 * SHIFTED:
            last = [Turn({"max_iter": SHIFTED, "convexify_strategy": "regularize"}, trial=True)]
            left -= SHIFTED
        for most in CLIPPED:
            if left <= most + EXACT:
                break
            found += [Turn({"max_iter": most}), Turn({"max_iter": EXACT, "convexify_strategy": "none"}, trial=True)]
            left -= most + EXACT
        return (*found, Turn({"max_iter": left}), *last)
