"""The filter line search of Wächter and Biegler (Math. Program. 106, 2006, Algorithm A), the constants as there."""

from __future__ import annotations

import math

THETA_SHRINK = 1e-5  # γ_θ
OBJECTIVE_SHRINK = 1e-8  # γ_φ
ARMIJO = 1e-8  # η_φ
SWITCH_FACTOR, SWITCH_THETA, SWITCH_SLOPE = 1.0, 1.1, 2.3  # δ, s_θ, s_φ


class Filter:
    """Pairs (violation θ, objective φ) that later iterates must improve on in one or the other."""

    def __init__(self, violation: float) -> None:
        self._largest = 1e4 * max(1.0, violation)
        self._small = 1e-4 * max(1.0, violation)
        self._pairs: list[tuple[float, float]] = []

    def accepts(
        self, violation: float, objective: float, trial_violation: float, trial_objective: float, slope: float
    ) -> bool:
        """Whether a trial point is acceptable from (violation, objective); `slope` is α ∇φᵀd.

        If the step promises more descent than there is violation the trial must meet Armijo's condition, and the
        filter stays as it is; otherwise it must improve θ or φ, and the current pair enters the filter.
        """
        if not (math.isfinite(trial_violation) and math.isfinite(trial_objective)):
            return False
        # Ten units in the last place of what is compared, as IPOPT: near a solution both differences are roundoff.
        slack_objective, slack_violation = 1e-15 * 10 * abs(objective), 1e-15 * 10 * (1.0 + abs(objective))
        if trial_violation > self._largest or self._dominates(
            trial_violation - slack_violation, trial_objective - slack_objective
        ):
            return False
        descent = slope < 0 and (-slope) ** SWITCH_SLOPE > SWITCH_FACTOR * violation**SWITCH_THETA
        if descent and violation <= self._small:
            return trial_objective <= objective + ARMIJO * slope + slack_objective
        smaller = trial_violation <= (1.0 - THETA_SHRINK) * violation + slack_violation
        better = trial_objective <= objective - OBJECTIVE_SHRINK * violation + slack_objective
        if smaller or better:
            self._pairs.append(((1.0 - THETA_SHRINK) * violation, objective - OBJECTIVE_SHRINK * violation))
            return True
        return False

    def _dominates(self, violation: float, objective: float) -> bool:
        return any(violation >= pair[0] and objective >= pair[1] for pair in self._pairs)
