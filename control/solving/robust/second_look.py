"""What solve does where its first solve failed, or may have found too little.

1. A first solve that failed is followed by a few starts on a coarse mesh, and solves from the best of them.
2. Where all was left to solve (no method, mesh or guess), so is one whose certificate is denied, or that may be a local
   minimum: not if its problem is convex.
3. From the best start, solve as was asked; where no method was asked for, by collocation and by shooting, and on a mesh
   of twice the intervals, until a certificate holds; then on finer ones, from what is nearest to one. Where that
   leads to nothing, so by collocation from the guess, since a path that turns often fits no coarse mesh; then from
   simulations under random controls; then at length from where iterations ran out.
4. Give the certified path that costs least; where nothing is certified, the one that is nearest to it; where nothing
   was solved, the first solve's end.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solution.certificate import Certificate, Check
from geodepth.control.solvers.back_end import SolverSettings
from geodepth.control.solvers.diagnosis.algebraic_roots import nowhere_solved
from geodepth.control.solvers.scaling.variable_scaling import Scaling
from geodepth.control.solvers.status import Status
from geodepth.control.solving.discretized import DEFAULT_INTERVALS
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.verification.convexity import LOCAL_MINIMUM, is_convex
from geodepth.control.verification.resimulation import largest_jump
from geodepth.foundation.time_limits import time_left

from .coarse_starts import COLLOCATION, CoarseStarts, coarse_starts, in_discrete_time

BETTER = 1e-2
"""Relative: by how much less a path on a coarse mesh must cost to be looked at (chosen by hand): what the mesh may err
by."""
SEEDS = 2
"""Paths on coarse meshes from which solves start, at most (chosen by hand)."""
HOPELESS = (Status.OVERDETERMINED, Status.TIME_LIMIT, Status.INTERRUPTED)
"""Ends after which other starts are of no use."""

FINEST = 160
"""Intervals of the finest mesh on which an answer that is still denied is solved again (chosen by hand): four times
the default's, on which smooth problems of the library are certified, and controls that jump are off by an interval."""
SAME = 1e-4
"""Relative: paths on a coarse mesh whose costs differ by less count as one (chosen by hand)."""
FIRST_ITERATIONS = 100
"""Of the first solve where all is left to `solve` (chosen by hand): what takes more is sooner found from elsewhere."""
MORE_ITERATIONS = 200
"""Of each solve that follows, likewise (chosen by hand): from a path that ran off, 3000 did not end in a minute."""
LAST_ITERATIONS = 1500
"""Of each solve from a path on a coarse mesh where no shorter one was solved (chosen by hand): a fed batch whose feed
is singular took 954, and was not solved from no guess in 7177."""
WILD = 0.1
"""Largest relative jump between intervals simulated again that a path on a coarse mesh may show before others are
preferred (chosen by hand, as in `refine`): it may be cheap by the mesh's errors alone."""
SEEN = 1e-4
"""The simulation's relative tolerance for that (chosen by hand). At 1e-10 paths that run off took 13 of the 14 seconds
that the default call spent on fishing."""

Once = Callable[[Any, Any, Any, int], Any]
"""(method, mesh, guess, iterations) -> the end of one solve, whatever it is."""


class Asked(NamedTuple):
    """What was asked of solve, by its names there."""

    method: Any
    mesh: Any
    guess: Any
    settings: SolverSettings
    scaling: Scaling
    certify: bool

    @property
    def all_left(self) -> bool:
        """Whether method, mesh and guess were all left to solve."""
        return self.method is None and self.mesh is None and self.guess is None


def solve_robustly(problem: Any, asked: Asked, once: Once) -> Any:
    """Solve, and look further where that is not enough: the best end that was found.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What is solved.
    asked : Asked
        How.
    once : function
        Solves once.
    """
    most = asked.settings.max_iterations
    few = min(most, FIRST_ITERATIONS) if asked.all_left else most
    first = once(asked.method, asked.mesh, asked.guess, few)
    found = _second_look(problem, asked, once, first)
    if found.status is Status.ITERATION_LIMIT and few < most:
        if time_left() <= 0:
            return replace(found, status=Status.TIME_LIMIT)
        return once(asked.method, asked.mesh, asked.guess, most)
    return found


def _second_look(problem: Any, asked: Asked, once: Once, first: Any) -> Any:
    if first.status in HOPELESS or time_left() <= 0 or _without_roots(problem, first):
        return first
    convex = not isinstance(problem, MultiPhaseProblem) and is_convex(problem)
    if first.success and (not asked.certify or not asked.all_left or (convex and _certified(first))):
        return first
    starts = CoarseStarts([], 0, False)
    if not (convex and first.success):
        starts = coarse_starts(problem, asked.mesh, asked.guess, asked.settings.tolerance, asked.scaling)
    if starts.interrupted:
        return replace(first, status=Status.INTERRUPTED)
    seeds = lower_starts(problem, first, starts)
    if not seeds and _certified(first):
        return _compared(first, starts)
    tried = _Tried(first, first, starts)
    tried = _followed(problem, asked, once, tried, [*seeds, *[first] * (first.success and not _certified(first))])
    if not tried.over and first.status is not Status.INVALID_NUMBER and not isinstance(problem, MultiPhaseProblem):
        tried = _followed(problem, asked, once, tried, [first])
        if not tried.over:
            # A car that must turn round is led nowhere by straight lines.
            more = coarse_starts(problem, asked.mesh, None, asked.settings.tolerance, asked.scaling, simulated=True)
            tried = replace(tried, starts=tried.starts.and_those(more))
            tried = tried.ended(Status.INTERRUPTED) if more.interrupted else tried
            tried = _followed(problem, asked, once, tried, lower_starts(problem, first, more))
    if not tried.over and asked.all_left:
        tried = _at_length(asked, once, tried)
    if not tried.best.success:
        return tried.best if tried.enough else _with_tried(tried.best, tried.starts)
    best = tried.best if tried.enough else _on_finer_meshes(problem, asked, once, tried.best)
    return _compared(best, tried.starts)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What a second look has come to.

    Attributes
    ----------
    first, best : Solution or MultiPhaseSolution
        The end of the first solve, and the best one so far.
    starts : CoarseStarts
        What paths on a coarse mesh led to.
    enough : bool
        Whether nothing more is to be tried.
    tired : tuple
        From where solves by collocation ran out of iterations.
    """

    first: Any
    best: Any
    starts: CoarseStarts
    enough: bool = False
    tired: tuple[Any, ...] = ()

    @property
    def over(self) -> bool:
        """Whether something is solved, or nothing more is to be tried."""
        return self.enough or bool(self.best.success)

    def ended(self, status: Status) -> "_Tried":
        """With nothing more to be tried, for this reason: what is solved stays so."""
        best = self.best if self.best.success else replace(self.best, status=status)
        return replace(self, best=best, enough=True)


def _followed(problem: Any, asked: Asked, once: Once, tried: _Tried, seeds: list[Any]) -> _Tried:
    """With solves from each seed, by each method and mesh in turn, until that is enough; a first solve that failed
    stands for the guess."""
    first, most = tried.first, asked.settings.max_iterations
    if asked.all_left:
        most = min(most, MORE_ITERATIONS)
    for seed in seeds if not tried.enough else ():
        start = nearest = seed if seed.success else asked.guess
        for method, mesh in _targets(problem, asked, seed is first, not seed.success):
            if time_left() <= 0:
                return tried.ended(Status.TIME_LIMIT)
            if mesh is not asked.mesh and nearest is start and _certified(first):
                # By neither method did it lead to anything, and an answer is known.
                break
            found = once(method, mesh, nearest, most if seed.success else min(most, MORE_ITERATIONS))
            if found.status in (Status.INTERRUPTED, Status.TIME_LIMIT):
                return tried.ended(found.status)
            if found.status is Status.ITERATION_LIMIT and mesh is asked.mesh and method == COLLOCATION:
                tried = replace(tried, tired=(*tried.tired, nearest))
            if seed.success:
                tried = replace(tried, starts=tried.starts.followed_by(seed, found))
            nearest = found if nearest is start and found.success else nearest
            tried = replace(tried, best=_better(tried.best, found))
            if found.success and (_certified(found) or not asked.all_left):
                return replace(tried, enough=True)
    return tried


def _at_length(asked: Asked, once: Once, tried: _Tried) -> _Tried:
    """With more iterations from where they ran out, until something is solved."""
    most = min(asked.settings.max_iterations, LAST_ITERATIONS)
    for start in tried.tired if time_left() > 0 else ():
        found = once(COLLOCATION, asked.mesh, start, most)
        if found.status in HOPELESS:
            return tried.ended(found.status)
        if found.success:
            return replace(tried, best=found)
    return tried


def _without_roots(problem: Any, first: Any) -> bool:
    """Whether algebraic equations of a phase are not solved on any path: what may be called solved is then not."""
    if first.status is not Status.INVALID_NUMBER and (not first.success or _certified(first)):
        return False
    return any(map(nowhere_solved, problem.phases if isinstance(problem, MultiPhaseProblem) else (problem,)))


def _on_finer_meshes(problem: Any, asked: Asked, once: Once, best: Any) -> Any:
    """A denied answer solved again on meshes of twice the intervals each, until one is certified.

    By its own method, and by shooting, which bears the simulation of controls that jump within an interval.
    """
    if not asked.all_left or isinstance(problem, MultiPhaseProblem) or problem.steps is not None:
        return best
    start, mesh, own = best, best.mesh, best.method
    most = min(asked.settings.max_iterations, MORE_ITERATIONS)
    methods = [own] if own == MultipleShooting() else [own, MultipleShooting()]
    while mesh.intervals <= FINEST // 2 and not _certified(best):
        mesh = mesh.halved()
        for method in methods:
            if time_left() <= 0 or _certified(best):
                return best
            found = once(method, mesh, start, most)
            start, best = (found, _better(best, found)) if found.success else (start, best)
    return best


def lower_starts(problem: Any, first: Any, starts: CoarseStarts) -> list[Any]:
    """A few paths on a coarse mesh from which to solve: those that may be better than the first, the best first.

    Parameters
    ----------
    problem : OptimalControlProblem or MultiPhaseProblem
        What is solved.
    first : Solution or MultiPhaseSolution
        The end of the first solve.
    starts : CoarseStarts
        The others.
    """
    seeds = [seed for seed in starts.found if not _certified(first) or _gain(seed, first) > BETTER]
    # Sorted by cost, and sorting keeps that order among equals.
    return sorted(_distinct(seeds), key=lambda seed: _jump(problem, seed) > WILD)[:SEEDS]


def _distinct(seeds: list[Any]) -> list[Any]:
    """The cheapest of those that cost the same."""
    return [seed for i, seed in enumerate(seeds) if not i or abs(_gain(seed, seeds[i - 1])) > SAME]


def _jump(problem: Any, solution: Any) -> float:
    if isinstance(problem, MultiPhaseProblem):
        return max(largest_jump(problem.by_name[name], phase, SEEN) for name, phase in solution.phases.items())
    return largest_jump(problem, solution, SEEN)


def _targets(problem: Any, asked: Asked, from_first: bool, failed: bool) -> list[tuple[Any, Any]]:
    """Methods and meshes of the solves from one seed, in order; those of a map are its own, and the first is not tried
    again where it failed."""
    if asked.method is not None:
        return [] if failed else [(asked.method, asked.mesh)]
    if in_discrete_time(problem):
        return [] if from_first else [(None, asked.mesh)]
    twice = Mesh.uniform(2 * DEFAULT_INTERVALS)
    finer: list[tuple[Any, Any]] = [(COLLOCATION, twice)] if asked.all_left else []
    if finer and from_first and not isinstance(problem, MultiPhaseProblem):
        # A control that jumps within an interval of collocation does not bear simulation.
        finer.append((MultipleShooting(), twice))
    shooting = [] if from_first else [(MultipleShooting(), asked.mesh)]
    return [(COLLOCATION, asked.mesh), *shooting, *finer]


def _certified(solution: Any) -> bool:
    return solution.success and (solution.certificate is None or solution.certificate.holds)


def _gain(found: Any, known: Any) -> float:
    """By how much less a path costs than another, relative."""
    return _share(float(known.cost), float(found.cost))


def _share(known: float, found: float) -> float:
    return (known - found) / max(abs(known), abs(found), 1e-300)


def _better(known: Any, found: Any) -> Any:
    """The one that is certified, costs less, or whose certificate is nearer to hold: in this order."""
    if not found.success or not known.success:
        return found if found.success else known
    if _certified(known) != _certified(found):
        return found if _certified(found) else known
    if _certified(known):
        return found if _gain(found, known) > BETTER else known
    return found if _excess(found) < _excess(known) else known


def _excess(solution: Any) -> float:
    """How far the worst check of a denied certificate is beyond its limit, as a multiple of that."""
    if solution.certificate is None:
        return math.inf
    shares = [check.value / check.limit for check in solution.certificate.checks if check.limit]
    return max((share if math.isfinite(share) else math.inf for share in shares), default=math.inf)


def _compared(solution: Any, starts: CoarseStarts) -> Any:
    """The solution, whose certificate says with how many starts it was compared."""
    if solution.certificate is None:
        return solution
    return replace(solution, certificate=compared_certificate(solution, solution.certificate, starts))


def compared_certificate(solution: Any, certificate: Certificate, starts: CoarseStarts) -> Certificate:
    """The certificate with a line that says what other starts led to, where there were any.

    Parameters
    ----------
    solution : Solution or MultiPhaseSolution
        Whose certificate it is.
    certificate : Certificate
        Without this line.
    starts : CoarseStarts
        The others.
    """
    if not starts.tried:
        return certificate
    ended = sum(abs(_gain(other, solution)) <= BETTER for other in starts.found)
    words = f"of {starts.tried} starts{starts.where} {ended} cost the same, none less"
    cheaper = [other for other in starts.found if _gain(other, solution) > BETTER]
    # A path that is cheap by a coarse mesh's errors alone leads to one that is not.
    led = [start for start, cost in starts.followed if _share(float(solution.cost), cost) <= BETTER]
    open_still = [other for other in cheaper if not any(abs(_gain(other, start)) <= SAME for start in led)]
    if open_still:
        there = f"{starts.where}, and not on this one" if starts.where else ", and not from there"
        words = f"a path of cost {open_still[0].cost:.6g} was seen{there}"
    elif cheaper:
        words = (
            f"of {starts.tried} starts{starts.where} {ended} cost the same; {len(cheaper)} led to no less from there"
        )
    line = Check(LOCAL_MINIMUM, float(ended), None, f"{words}: multistart(problem) may find less")
    return replace(certificate, checks=(*certificate.checks, line))


def _with_tried(solution: Any, starts: CoarseStarts) -> Any:
    """The end of the first solve, whose reason says what else was tried."""
    tried = f"{starts.tried} other starts{starts.where} were tried, {len(starts.found)} of them solved there"
    reason = "; ".join(part for part in (solution.statistics.get("reason", ""), tried) if part)
    statistics: Mapping[str, Any] = {**solution.statistics, "reason": reason}
    return replace(solution, statistics=statistics)
