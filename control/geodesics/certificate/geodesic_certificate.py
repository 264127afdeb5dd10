"""What is known of a geodesic's cost and of how stationary its path is, measured apart from the solver."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class GeodesicCertificate:
    """What is known of a path that was found: how good its cost is, what kind of point it is, and by whom it is seen.

    Attributes
    ----------
    upper : float
        Cost of this path in the exact network, rolled out, so that the recursion holds exactly.
    lower : float
        Cost of the local minimum of the relaxed problem next to it, whose feasible set contains the exact one; −inf
        where it was not solved.
    stationarity : float
        Relative residual of W_ℓ = L̃B_ℓσ(A_{ℓ−1})ᵀ, with Clarke's generalized derivative on kinks. Euler only, else
        NaN.
    kinks : int
        Inputs of the ReLU that rest at zero.
    strongly_stationary : bool
        Whether every kink's multipliers have the right sign.
    strict_minimum : bool
        And whether the Hessian on the pieces is positive definite.
    kkt : float
        Residual of the multiple-shooting program by CasADi's derivatives (kkt_residual.py).
    curvature : float
        The smallest eigenvalue of that Hessian, in units of the penalty's (inertia.py).
    inertia : (int, int, int)
        How many of its eigenvalues are negative, zero and positive, on the tangent space of the active kinks.
    global_lower : float
        What no path whatever can cost less than (lower_bounds/).
    hamiltonian_drift : float
        (max H − min H)/max|H| along the continuous path next to this one.
    second_method : float
        The largest relative difference, in cost or path, between the indirect and the direct method there.
    equation_defect : float
        The most that the continuous path leaves of its equations between the collocation's points, over their largest
        rate.
    closed_form : float
        |∫‖W‖² of the continuous path over that of the closed form − 1|, where there is one.
    missing : float
        By how much J may be off that of the exact ReLU's continuous path, relative, where its kinks are not resolved.
    end_error : float
        max|P A_L − Y| of a fixed end.
    continuum : str
        Which methods saw the continuous path, or why they are missing.
    search : str
        Whether the search that found it settled; empty where there was none.

    Notes
    -----
    None stands for what is not known.
    """

    upper: float
    lower: float
    stationarity: float
    kinks: int | None = None
    strongly_stationary: bool | None = None
    strict_minimum: bool | None = None
    kkt: float | None = None
    curvature: float | None = None
    inertia: tuple[int, int, int] | None = None
    global_lower: float | None = None
    hamiltonian_drift: float | None = None
    second_method: float | None = None
    equation_defect: float | None = None
    closed_form: float | None = None
    missing: float | None = None
    end_error: float | None = None
    continuum: str = ""
    search: str = ""

    def __post_init__(self) -> None:
        if self.inertia is not None:  # a file gives it back as a list
            negative, zero, positive = self.inertia
            object.__setattr__(self, "inertia", (int(negative), int(zero), int(positive)))

    @property
    def bracket(self) -> float:
        """|upper − lower|/upper: zero is best; infinite where there is no lower side."""
        return abs(self.upper - self.lower) / self.upper if self.upper > 0 else float("nan")

    @property
    def global_gap(self) -> float | None:
        """(upper − global_lower)/upper: at most this share of the cost can be saved by any other path."""
        return None if self.global_lower is None or self.upper <= 0 else 1.0 - self.global_lower / self.upper

    def __str__(self) -> str:
        bracketed = np.isfinite(self.lower)
        gap = self.global_gap
        rows = [
            ("cost J", f"{self.upper:.10g}", "of the exact network with these weights"),
            ("local lower side", f"{self.lower:.10g}" if bracketed else "not known", "the relaxed minimum next to it"),
            ("bracket", f"{self.bracket:.1e}" if bracketed else "not known", "relative distance of these two"),
            ("global lower bound", _number(self.global_lower, ".10g"), "no path whatever costs less: proven"),
            ("global gap", "not known" if gap is None else f"{gap:.1%}", "at most this much could be saved"),
            ("KKT residual", _number(self.kkt), "by CasADi, on the multiple-shooting program"),
            ("Clarke residual", _number(self.stationarity), "of W = L̃ B σ(A)ᵀ, relative"),
            ("inputs on the kink", _word(self.kinks), "of the ReLU, at zero"),
            ("strongly stationary", _word(self.strongly_stationary), "both multipliers of every kink are ≥ 0"),
            ("strict local minimum", _word(self.strict_minimum), "positive curvature on the pieces"),
            ("inertia (−, 0, +)", _counts(self.inertia), "of the reduced Hessian, active kinks held"),
            ("smallest curvature", _number(self.curvature, ".3g"), "eigenvalue; the penalty alone has 1"),
        ]
        if self.end_error is not None:
            rows.append(("fixed end missed by", _number(self.end_error), "largest |P A_L − Y|; J is without it"))
        if self.hamiltonian_drift is not None:
            rows.append(("drift of H", _number(self.hamiltonian_drift), "relative, along the continuous path"))
        if self.second_method is not None:
            rows.append(("second method", _number(self.second_method), "direct against indirect, cost and path"))
        if self.equation_defect is not None:
            rows.append(("continuous equations", _number(self.equation_defect), "what is left of them between nodes"))
        if self.closed_form is not None:
            rows.append(("closed form", _number(self.closed_form), "relative distance of ∫‖W‖² from it"))
        if self.missing is not None:
            rows.append(("may be missing", _number(self.missing), "of J: the kinks of the path are not resolved"))
        lines = [f"{name:22}{value:>16}   {meaning}" for name, value, meaning in rows]
        lines += [f"{'continuous path by':22}{self.continuum}"] if self.continuum else []
        lines += [f"{'best path known':22}{self.search}"] if self.search else []
        return "\n".join(lines)


def _number(value: float | None, form: str = ".1e") -> str:
    return "not known" if value is None or not np.isfinite(value) else format(value, form)


def _word(value: bool | int | None) -> str:
    if value is None:
        return "not known"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _counts(inertia: tuple[int, int, int] | None) -> str:
    return "not known" if inertia is None else ", ".join(str(count) for count in inertia)
