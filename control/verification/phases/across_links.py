"""The conditions of optimality at the ends of phases: Weierstrass and Erdmann's across links, else transversality.

With Φ the cost of all ends (terminal costs, the cost of ends, and all constraints between ends but the links' own
equations, times their multipliers), what links make one is moved as one:

    Σ λ where it ends − Σ λ where it begins = ∂Φ/∂x,      Σ H where it begins − Σ H where it ends = ∂Φ/∂t,

each sum over the phases that meet there. Without Φ the costates are continuous, and so is H where the time is free.

Source: Bryson and Ho, Applied Optimal Control, section 3.7; the signs are those of λ = ∂V/∂x and a minimum.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem
from geodepth.control.solution.certificate import Check
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.solution.solution import Solution
from geodepth.control.transcription.interpolation import lagrange
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription
from geodepth.control.transcription.transcription import Transcription
from geodepth.control.verification.attained import AT_BOUND, NEAR_BOUND
from geodepth.control.verification.error_scales import ordered_parameters
from geodepth.control.verification.pontryagin import Along, hamiltonian_functions, sample_along
from geodepth.control.verification.quick_certificate import time_line
from geodepth.foundation.shapes import Float

KEPT = 16
"""Problems whose functions are kept (chosen by hand)."""
NO_LENGTH = 1e-6
"""Share of all phases' time below which one of them has none (chosen by hand): solvers stop a little off a bound."""
BEGINNING, END = 0, 1
TIMES = "initial_time", "final_time"


class Place(NamedTuple):
    """A state or the time (None) at one end of one phase."""

    phase: int
    side: int
    state: str | None


@dataclass(frozen=True, slots=True)
class Ends:
    """What stands at the ends of a solution's phases.

    Attributes
    ----------
    problem : MultiPhaseProblem
        What was solved.
    phases : tuple of Solution
        In order.
    transcriptions : tuple of Transcription
        Of the phases.
    slopes : sequence of ndarray
        ∂Φ/∂(x0, xf, t0, tf) of every phase in order.
    along : tuple of Along
        The phases at points of their intervals.
    """

    problem: MultiPhaseProblem
    phases: tuple[Solution, ...]
    transcriptions: tuple[Transcription, ...]
    slopes: tuple[Float[np.ndarray, " n"], ...]
    along: tuple[Along, ...]

    def costate(self, at: Place) -> float:
        """λ there."""
        phase = self.phases[at.phase]
        return float(phase.costate(str(at.state))[-at.side])

    def height(self, at: Place) -> float:
        """H there."""
        phase, stated = self.phases[at.phase], self.problem.phases[at.phase]
        control = lagrange(phase.control_points, (float(at.side),))[0] @ phase.control_values[-at.side]
        control = np.clip(control, *stated.bounds("controls"))
        p = self.along[at.phase].parameters
        arguments = (phase.states[-at.side], control, phase.times[-at.side], p, phase.costates[-at.side])
        return float(hamiltonian_functions(stated)[0](*arguments)[0])

    def room(self, at: Place) -> float:
        """How far a free time is from its bounds, as a share of its phase."""
        number, times = self.problem.phases[at.phase].free[TIMES[at.side]], self.phases[at.phase].times
        room = min(times[-at.side] - number.lower, number.upper - times[-at.side])
        return float(room / (times[-1] - times[0]))

    def asked(self, at: Place) -> float:
        """∂Φ there, and the multiplier of the bounds of what stands there; of a time's, near them."""
        phase, t = self.phases[at.phase], self.transcriptions[at.phase]
        assert phase.iterate is not None
        states, carried, _ = t.layout.split(phase.iterate.variable_multipliers)
        if at.state is None:
            held = carried[:, list(t.problem.free).index(TIMES[at.side])]
            near = self.room(at) < NEAR_BOUND
            return float(self.slopes[4 * at.phase + 2 + at.side][0] + (np.sum(held) if near else 0.0))
        i = list(t.problem.states).index(at.state)
        return float(self.slopes[4 * at.phase + at.side][i] + states[-at.side, i])


def ends_of(
    problem: MultiPhaseProblem, solution: MultiPhaseSolution, transcription: LinkedTranscription, idle_height: float
) -> Ends:
    """What stands at the ends of a solution's phases.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What was solved.
    solution : MultiPhaseSolution
        With its multipliers.
    transcription : LinkedTranscription
        By its methods on its meshes.
    idle_height : float
        What Hamiltonians are relative to where the cost of all phases is nearly zero; 0 elsewhere.
    """
    phases, parts = tuple(solution.phases.values()), [part.transcription for part in transcription.parts]
    given = []
    for phase, stated in zip(phases, problem.phases, strict=True):
        given += [phase.states[0], phase.states[-1], phase.times[0], phase.times[-1], ordered_parameters(stated, phase)]
    multipliers = [_of_boundary(t, phase) for t, phase in zip(parts, phases, strict=True)]
    constraints = np.array(solution.link_multipliers)[len(problem.functions.ties) :]
    slopes = _end_slopes(problem)(*given, np.concatenate([*multipliers, constraints]))
    sampled = (sample_along(stated, phase) for stated, phase in zip(problem.phases, phases, strict=True))
    along = tuple(replace(path, idle_height=idle_height) for path in sampled)
    return Ends(problem, phases, tuple(parts), tuple(np.array(slope).ravel() for slope in slopes), along)


def check_across_links(ends: Ends, accuracy: float, strict: float, cost: float) -> list[Check]:
    """The lines of costates at links, and of the Hamiltonian at free times.

    Parameters
    ----------
    ends : Ends
        Of a solution.
    accuracy : float
        Relative, that the discretization is held to.
    strict : float
        That the multipliers are held to.
    cost : float
        What errors of the cost are relative to.
    """
    return [*_costate_lines(ends, strict, cost), *_time_lines(ends, accuracy)]


def _costate_lines(ends: Ends, strict: float, cost: float) -> Iterator[Check]:
    groups = _groups(ends.problem)
    numbers = {phase.name: i for i, phase in enumerate(ends.problem.phases)}
    for link in ends.problem.links:
        before, worst, jumps, held = numbers[link.before], 0.0, [], False
        for tie in ends.problem.functions.ties:
            if tie.state is None or (tie.before, tie.after) != (before, numbers[link.after]):
                continue
            group = groups[Place(before, END, tie.state)]
            held = held or any(_rests_on_states(ends.problem.phases[place.phase]) for place in group)
            left = sum((1 if p.side == END else -1) * ends.costate(p) - ends.asked(p) for p in group)
            size = max(float(np.max(np.abs(ends.phases[p.phase].state(tie.state)))) for p in group)
            largest = max(float(np.max(np.abs(ends.phases[p.phase].costate(tie.state)))) for p in group)
            worst = max(worst, abs(left) / max(largest, cost / max(size, float(np.finfo(float).tiny))))
            jump = ends.costate(Place(tie.after, BEGINNING, tie.state)) - ends.costate(group[0])
            jumps += [f"{tie.state} by {jump:.3g}"] if abs(jump) > strict * largest else []
        words = f"costates jump as the ends ask: {', '.join(jumps)}" if jumps else "costates are continuous"
        limit, words = (None, f"{words}; not judged beside constraints on states") if held else (strict, words)
        yield Check(f"{link.before} → {link.after}: costates", worst, limit, words)


def _time_lines(ends: Ends, accuracy: float) -> Iterator[Check]:
    names = [phase.name for phase in ends.problem.phases]
    for group in _free_times(ends):
        left = sum((1 if p.side == END else -1) * ends.height(p) + ends.asked(p) for p in group)
        size = max(ends.along[p.phase].largest_terms() for p in group) + max(abs(ends.asked(p)) for p in group)
        slope = left / size if size > 0 else left
        last, first = ([names[p.phase] for p in group if p.side == side] for side in (END, BEGINNING))
        where = f"{' and '.join(last)} → {' and '.join(first)}" if last and first else (*last, *first)[0]
        what = "free link time" if last and first else "free end time" if last else "free initial time"
        words = "difference of H, with what the ends ask, relative" if last and first else "H, with what the end asks"
        line = time_line(f"{where}: {what}", slope, accuracy, words)
        empty = [names[p.phase] for p in group if _length(ends, p.phase) < NO_LENGTH]
        if empty and not line.passed:
            line = replace(line, meaning=f"{words}; phase {empty[0]!r} has no length: leave it out")
        if any(_rests_on_states(ends.problem.phases[p.phase]) for p in group):
            line = Check(line.name, line.value, None, f"{words}; not judged beside constraints on states")
        yield line


def _length(ends: Ends, phase: int) -> float:
    """Of a phase, as a share of all."""
    lengths = [float(own.times[-1] - own.times[0]) for own in ends.phases]
    return lengths[phase] / sum(lengths)


def _free_times(ends: Ends) -> Iterator[list[Place]]:
    """The times that move as one, of which none is fixed or on a bound."""
    groups, seen = _groups(ends.problem), set()
    for i in range(len(ends.phases)):
        for side in (BEGINNING, END):
            group = groups.get(Place(i, side, None), [Place(i, side, None)])
            if group[0] in seen:
                continue
            seen.add(group[0])
            if all(_inside(ends, place) for place in group):
                yield group


def _inside(ends: Ends, at: Place) -> bool:
    return TIMES[at.side] in ends.problem.phases[at.phase].free and ends.room(at) >= AT_BOUND


def _groups(problem: MultiPhaseProblem) -> Mapping[Place, list[Place]]:
    """For every place that a tie names, all places that move with it; ends come before beginnings."""
    groups: dict[Place, list[Place]] = {}
    for tie in problem.functions.ties:
        places = Place(tie.before, END, tie.state), Place(tie.after, BEGINNING, tie.state)
        joined = dict.fromkeys(p for place in places for p in groups.get(place, [place]))
        whole = sorted(joined, key=lambda place: (-place.side, place.phase))
        groups |= dict.fromkeys(whole, whole)
    return groups


@lru_cache(maxsize=KEPT)
def _rests_on_states(problem: OptimalControlProblem) -> bool:
    """Whether path constraints hold states or time, which lets costates and H jump at any time."""
    path = problem.functions.path
    return bool(path.numel_out(0)) and path.jac_sparsity(0, 0).nnz() + path.jac_sparsity(0, 2).nnz() > 0


def _of_boundary(t: Transcription, phase: Solution) -> Float[np.ndarray, " nb"]:
    """The multipliers of a phase's boundary constraints."""
    assert phase.iterate is not None
    functions = t.problem.functions
    first = functions.path.numel_out(0)
    own = (t.row_expressions >= first) & (t.row_expressions < first + functions.boundary.numel_out(0))
    return np.asarray(phase.iterate.constraint_multipliers[own])


@lru_cache(maxsize=KEPT)
def _end_slopes(problem: MultiPhaseProblem) -> Any:
    """(x0, xf, t0, tf, p of every phase; multipliers) -> ∂Φ/∂(x0, xf, t0, tf) of every phase."""
    rows = problem.functions.rows
    symbols = [ca.MX.sym(rows.name_in(i), rows.size1_in(i)) for i in range(rows.n_in())]
    phi, terms = problem.functions.cost(*symbols), []
    for number, phase in enumerate(problem.phases):
        x0, xf, t0, tf, p = symbols[5 * number : 5 * number + 5]
        phi += phase.functions.terminal_cost(xf, tf, p)
        terms.append(phase.functions.boundary(x0, xf, t0, tf, p))
    terms.append(ca.vertsplit(rows(*symbols), [0, len(problem.functions.ties), rows.numel_out(0)])[1])
    column = ca.vertcat(ca.MX(0, 1), *terms)
    multipliers = ca.MX.sym("multipliers", column.shape[0])
    phi += ca.dot(multipliers, column)
    of = [symbol for i, symbol in enumerate(symbols) if i % 5 < 4]
    return ca.Function("slopes", [*symbols, multipliers], [ca.densify(ca.gradient(phi, symbol)) for symbol in of])
