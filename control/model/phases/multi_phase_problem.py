"""What to solve in several phases: one optimal-control problem each, and what ties their ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from geodepth.control.model.bounds import without_far
from geodepth.control.model.ends import end_range
from geodepth.control.model.errors import CHECKS, ProblemError, check_names
from geodepth.control.model.kink_symbols import check_signs
from geodepth.control.model.problem import FreeTime, OptimalControlProblem
from geodepth.control.model.vector_names import by_entry, entries_of
from geodepth.foundation.frozen_copies import freeze_fields

from .link_functions import LinkFunctions, Tie, trace_links
from .links import Link, LinkConstraint


@dataclass(frozen=True, eq=False)
class MultiPhaseProblem:
    """Minimize the sum of the phases' costs, and of a cost of their ends, subject to all phases and links.

    Attributes
    ----------
    name : str
        By which solutions say what they solve.
    phases : sequence of OptimalControlProblem
        In the order of time. Their names are the phases' names.
    links : sequence of Link
        Which phase goes on where which one ends.
    link_constraints : sequence of LinkConstraint
        Between ends of any phases.
    cost : function of one PhaseEnds for each phase, optional
        A scalar of all ends, added to the phases' own costs.
    functions : LinkFunctions
        What stands between phases, traced; made at construction.

    Raises
    ------
    ProblemError
        At construction: names repeat or are unknown, a phase is tied to no other, two ends cannot meet, or a function
        cannot be used.

    Notes
    -----
    Phases may have states, controls, parameters, bounds, methods and meshes of their own. A phase whose beginning or
    end is sought has FreeTime there. A parameter belongs to its phase; a LinkConstraint makes two of them equal.

    At a plain link the costates are continuous, and where its time is free so is the Hamiltonian. What else is asked
    of the ends (values given there, link constraints, a cost of ends) lets them jump (Weierstrass–Erdmann).
    """

    name: str
    phases: Sequence[OptimalControlProblem]
    links: Sequence[Link] = ()
    link_constraints: Sequence[LinkConstraint] = ()
    cost: Callable[..., Any] | None = None
    functions: LinkFunctions = field(init=False, repr=False)

    def __post_init__(self) -> None:
        freeze_fields(self)
        _check_containers(self)
        _check_names(self)
        _check_tied(self)
        ties = [tie for link in self.links for tie in _ties(self, link)]
        object.__setattr__(self, "functions", trace_links(self.phases, ties, self.link_constraints, self.cost))

    @cached_property
    def by_name(self) -> dict[str, OptimalControlProblem]:
        """The phases by name, in order."""
        return {phase.name: phase for phase in self.phases}

    def with_values(self, phases: Mapping[str, Mapping[str, Any]]) -> "MultiPhaseProblem":
        """The problem at other values of what its phases give as numbers, without tracing its functions again.

        Parameters
        ----------
        phases : mapping from name to mapping
            Of a phase what `OptimalControlProblem.with_values` takes: {"ascent": {"parameters": {"thrust": 2.0}}}.

        Raises
        ------
        ProblemError
            A name is unknown or free, or a value does not fit; or values change which states and times links tie.
        """
        if not isinstance(phases, Mapping):
            raise CHECKS.refusal("phases", phases, "a mapping from names, as in {'ascent': {'parameters': {'g': 9.8}}}")
        check_names("phases", phases, self.by_name)
        changed = [_phase_at(self, phase, phases.get(phase.name, {})) for phase in self.phases]
        other = object.__new__(MultiPhaseProblem)
        for each in fields(self):
            object.__setattr__(other, each.name, tuple(changed) if each.name == "phases" else getattr(self, each.name))
        if tuple(tie for link in other.links for tie in _ties(other, link)) != self.functions.ties:
            raise ProblemError("phases: links tie other states or times at these values; state a problem anew")
        return other

    def __repr__(self) -> str:
        return f"MultiPhaseProblem({self.name!r}: phases {', '.join(self.by_name)}; {len(self.links)} links)"


VALUES = ("initial_state", "final_state", "parameters", "initial_time", "final_time")
"""What a phase gives as numbers."""


def _phase_at(problem: MultiPhaseProblem, phase: OptimalControlProblem, values: object) -> OptimalControlProblem:
    """A phase at other values of its numbers."""
    which = f"phases[{phase.name!r}]"
    if not isinstance(values, Mapping):
        raise CHECKS.refusal(which, values, "a mapping, as in {'initial_state': {'x': 1.0}}")
    check_names(which, values, VALUES)
    kinks = problem.functions.split_kinks
    if kinks and {"initial_time", "final_time"} & set(values):
        raise ProblemError(f"{which}: time cannot be changed: {kinks[0]} was replaced for it; state a problem anew")
    found = phase.with_values(**values)
    check_signs(phase.fixed_parameters, values.get("parameters") or {}, kinks)
    return found


def _check_containers(problem: MultiPhaseProblem) -> None:
    if not isinstance(problem.name, str) or not problem.name:
        raise CHECKS.refusal("name", problem.name, "a non-empty string")
    for which, kind in (("phases", OptimalControlProblem), ("links", Link), ("link_constraints", LinkConstraint)):
        value = getattr(problem, which)
        if not isinstance(value, list | tuple) or not all(isinstance(each, kind) for each in value):
            raise CHECKS.refusal(which, value, f"a sequence of {kind.__name__} objects")
    if not problem.phases:
        raise ProblemError("phases is empty; a problem of several phases needs at least one OptimalControlProblem")
    names = [phase.name for phase in problem.phases]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise ProblemError(f"phases has the name {repeated[0]!r} twice; give each phase a name of its own")


def _check_names(problem: MultiPhaseProblem) -> None:
    seen = set()
    for i, link in enumerate(problem.links):
        for which in ("before", "after"):
            _check_phases(problem, f"links[{i}]: {which}", [getattr(link, which)])
        if (link.before, link.after) in seen:
            raise ProblemError(f"links has {link} twice; give it once, with all its jumps")
        seen.add((link.before, link.after))
    for i, constraint in enumerate(problem.link_constraints):
        named = constraint.phases
        if isinstance(named, str) or not isinstance(named, Sequence) or not named:
            raise CHECKS.refusal(f"link_constraints[{i}]: phases", named, "names of phases, as in ('ascent', 'coast')")
        _check_phases(problem, f"link_constraints[{i}]: phases", named)


def _check_tied(problem: MultiPhaseProblem) -> None:
    """Phases that nothing ties are problems of their own, and a link was forgotten."""
    first, *others = problem.by_name
    groups = [{link.before, link.after} for link in problem.links] + [set(c.phases) for c in problem.link_constraints]
    reached = {first} if problem.cost is None else set(problem.by_name)
    for _ in others:
        reached |= {name for group in groups if group & reached for name in group}
    left = [name for name in others if name not in reached]
    if left:
        before = list(problem.by_name)[list(problem.by_name).index(left[0]) - 1]
        raise ProblemError(
            f"phase {left[0]!r} is tied to {first!r} by no link, link constraint or cost of ends; add "
            f"Link({before!r}, {left[0]!r}) to links, or solve it as a problem of its own"
        )


def _check_phases(problem: MultiPhaseProblem, which: str, given: Sequence[object]) -> None:
    for name in given:
        if not isinstance(name, str):
            raise CHECKS.refusal(which, name, f"a name among {list(problem.by_name)[:12]}")
    check_names(which, [str(name) for name in given], problem.by_name)


def _ties(problem: MultiPhaseProblem, link: Link) -> list[Tie]:
    """The equations of a link, without those that values given at both ends fulfil already."""
    names = list(problem.by_name)
    first, last = problem.by_name[link.before], problem.by_name[link.after]
    before, after = names.index(link.before), names.index(link.after)
    ties = []
    for state, jump in _linked_states(link, first, last).items():
        end, start = end_range(first, "final_state", state), end_range(last, "initial_state", state)
        if not _known(link, state, (end[0] + jump, end[1] + jump), start):
            ties.append(Tie(before, after, state, jump))
    if before < after:
        _check_order(link, first, last)
        if not _known(link, "time", _time_range(first, "final_time"), _time_range(last, "initial_time")):
            ties.append(Tie(before, after, None))
    return ties


def _known(link: Link, name: str, end: tuple[float, float], start: tuple[float, float]) -> bool:
    """Whether both ends have one given value; ProblemError where the ranges, jump included, do not meet."""
    given = end[0] == end[1] and start[0] == start[1]
    apart = max(end[0], start[0]) - min(end[1], start[1])
    if apart > (ROUNDING * max(abs(end[0]), abs(start[0])) if given else 0.0):
        jumped, ways = (", jump included,", ", or give another jump") if name != "time" else ("", "")
        raise ProblemError(
            f"{link}: {name} is {_words(end)} where {link.before!r} ends{jumped} and {_words(start)} where "
            f"{link.after!r} begins, which do not meet; change one{ways}"
        )
    return given


def _words(between: tuple[float, float]) -> str:
    return f"{between[0]:.10g}" if between[0] == between[1] else f"within ({between[0]:.10g}, {between[1]:.10g})"


ROUNDING = 1e-12
"""How far values given at both ends of a link may be apart, relative: a jump was added to one of them."""


def _linked_states(link: Link, first: OptimalControlProblem, last: OptimalControlProblem) -> dict[str, float]:
    """The states that a link makes continuous, vectors by their entries, each with its jump."""
    shared = [name for name in first.own_states if name in last.own_states]
    if link.states is None and not shared:
        raise ProblemError(
            f"{link}: the phases share no state, of {list(first.states)[:8]} and {list(last.states)[:8]}; name what is "
            "continuous alike, tie it by a LinkConstraint, or give states=() for time alone"
        )
    listed = link.states is None or (isinstance(link.states, Sequence) and not isinstance(link.states, str))
    if not listed or not all(isinstance(name, str) for name in link.states or ()):
        raise CHECKS.refusal(f"{link}: states", link.states, "a sequence of names, as in ('x', 'v')")
    given = [entry for name in link.states or () for entry in entries_of(name, shared) or (name,)]
    check_names(f"{link}: states", given, shared)
    states = shared if link.states is None else list(dict.fromkeys(given))
    if link.jumps is not None and not isinstance(link.jumps, Mapping):
        raise CHECKS.refusal(f"{link}: jumps", link.jumps, "a mapping from names to numbers, as in {'m': -2.0}")
    jumps = by_entry(f"{link}: jumps", link.jumps or {}, states)
    check_names(f"{link}: jumps", jumps, states)
    return {name: CHECKS.number(f"{link}: jumps[{name!r}]", jumps.get(name, 0.0)) for name in states}


def _time_range(problem: OptimalControlProblem, which: str) -> tuple[float, float]:
    time = getattr(problem, which)
    if isinstance(time, FreeTime):
        lower, upper = without_far(time.lower, time.upper)
        return float(lower), float(upper)
    return float(time), float(time)


def _check_order(link: Link, first: OptimalControlProblem, last: OptimalControlProblem) -> None:
    """A phase that begins at a fixed time needs room for the one before it: 0.0 is a default, often forgotten."""
    earliest, latest = _time_range(first, "initial_time")[0], _time_range(last, "initial_time")[1]
    if latest <= earliest:
        end = first.final_time
        raise ProblemError(
            f"{link}: {link.after!r} begins at {latest:g} at the latest, and {link.before!r} at {earliest:g} at the "
            f"earliest, which leaves no time between; give {link.after!r} an initial_time, such as "
            + ("FreeTime(...)" if isinstance(end, FreeTime) else f"{end:g}")
        )
