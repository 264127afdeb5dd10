"""Newton's method with an active set of kinks, from a smoothed solution with small ε onto the exact ReLU's.

A semismooth Newton method in (A, W, P, ν):

1. Linearize the smooth problem of the current sides (pieces.py), and take its Newton step, shifted where needed.
2. Of five lengths, take the longest at which the residual falls, on the sides that follow (choice_of_sides.py).
3. Stop where the residual is below the tolerance on sides that stay; give up where sides come back.
4. Take one more step where that is better: quadratic convergence leaves roundoff.

Close to a local minimum without degenerate kinks the sides settle after a few steps, and the last ones converge
quadratically to it, kinks and all. With a relaxation s > 0 the same method solves Scholtes' relaxed problem, S∘T ≤ s in
A = S − T: where M > 0 the least S, max(A, 0), is best, kinks included; where M < 0 the largest, σ_ε with ε = 2√s.
"""

from dataclasses import dataclass

import numpy as np

from geodepth.control.geodesics.newton.linearization import Iterate, Linearization, Step, linearize
from geodepth.control.geodesics.newton.newton_step import LinearSolver, newton_step
from geodepth.control.geodesics.newton.regularization import Regularization
from geodepth.control.geodesics.newton.shooting_model import ShootingModel

from .choice_of_sides import next_pieces
from .pieces import Pieces, piecewise_model

# Steps after which it gives up, and lengths tried in each (chosen by hand; four to eight steps are usual).
STEPS, LENGTHS = 25, 5
FALLS = 0.9
"""The share to which a residual must fall for a length to be taken at once."""
GROWTH, CLOSE = 10.0, 1e-7
"""By how much a residual may grow where the sides change, and the residual below which it may not where they stay:
there it has reached what roundoff or a degenerate kink allows. Chosen by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Where the active set ended.

    Attributes
    ----------
    point : Linearization
        The last iterate, on its pieces.
    pieces : Pieces
        The sides of its inputs.
    steps, factorizations : int
        How many there were.
    settled : bool
        The residual is below the tolerance, on pieces that all inputs and multipliers agree with.
    strict : bool
        Settled, and the reduced Hessian on the pieces is positive definite.
    """

    point: Linearization
    pieces: Pieces
    steps: int
    factorizations: int
    settled: bool
    strict: bool


@dataclass(frozen=True, slots=True, eq=False)
class ActiveSet:
    """The method for one problem.

    Attributes
    ----------
    base : ShootingModel
        The problem, with a smoothed ReLU whose pieces are taken.
    solver : LinearSolver
        Of its linear systems.
    tolerance : float
        KKT residual at which to stop, scaled by 1/λ.
    lift : float
        ε = 2√s of the relaxation, in units of A; zero for the exact problem.
    """

    base: ShootingModel
    solver: LinearSolver
    tolerance: float
    lift: float = 0.0

    def settle(self, pieces: Pieces, iterate: Iterate) -> Settled:
        """Iterate from these sides and this point; gives up on sides that were tried, or after STEPS steps."""
        taken = factorizations = 0
        settled, seen = True, {pieces.key()}
        while True:
            point = self._linearized(pieces, iterate)
            step, tried = self._step(point)
            factorizations += tried
            done = settled and point.residual < self.tolerance
            if step is None or done or taken == STEPS:
                break
            taken += 1
            chosen = self._search(point, pieces, step)
            if chosen is None:
                break
            iterate, following = chosen
            settled = following.key() == pieces.key()
            if not settled and following.key() in seen:
                break
            pieces = following
            seen.add(pieces.key())
        strict = done and tried == 1
        if done and step is not None:
            polished = self._linearized(pieces, point.iterate.moved(step))
            point = polished if polished.residual < point.residual else point
        return Settled(point, pieces, taken, factorizations, done, strict)

    def _linearized(self, pieces: Pieces, iterate: Iterate) -> Linearization:
        model = piecewise_model(self.base, pieces, self.lift)
        return linearize(model, iterate, model.evaluate(iterate.states, iterate.weights))

    def _step(self, point: Linearization) -> tuple[Step | None, int]:
        """The Newton step on the current pieces, shifted where that is needed, and the number of factorizations."""
        if not np.isfinite(point.residual):
            return None, 0
        regularization, tried = Regularization(), 1
        while not self.solver.factor(shifted := point.shifted(regularization.shift)):
            tried += 1
            if not regularization.increase():
                return None, tried
        return newton_step(shifted, self.solver, point.evaluation.defects, point.evaluation.mismatch), tried

    def _search(self, point: Linearization, pieces: Pieces, step: Step) -> tuple[Iterate, Pieces] | None:
        """The longest of five lengths at which the residual, on the pieces that follow, falls; else the best of them.

        A residual that grows is tolerated up to GROWTH, beyond which the start was too far from any solution; not,
        though, close to a solution on the same sides.
        """
        best: tuple[float, Iterate, Pieces] | None = None
        length = 1.0
        for _ in range(LENGTHS):
            following, moved = next_pieces(point.model, pieces, point.iterate.moved(step, length), self.lift)
            residual = self._linearized(following, moved).residual
            if best is None or residual < best[0]:
                best = residual, moved, following
            if residual < FALLS * point.residual:
                break
            length *= 0.5
        assert best is not None
        # At the tolerance itself the step is taken for the sides' sake: they must be seen to stay.
        stays = best[2].key() == pieces.key() and self.tolerance < point.residual < CLOSE
        limit = FALLS if stays else GROWTH
        return best[1:] if best[0] < limit * point.residual else None
