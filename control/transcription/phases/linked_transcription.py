"""Phases as one nonlinear program: their own programs one after another, and then the links' rows.

1. Transcribe every phase by its own method on its own mesh.
2. Put their variables, θ and constraints one after another, and add their costs.
3. Take both ends of every phase from its variables; add the rows between them, and their cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.transcription.interval.stage_functions import settings_count, unpack
from geodepth.control.transcription.transcription import Part, Transcription, check_numbers
from geodepth.foundation.shapes import Float


@dataclass(frozen=True, slots=True, eq=False)
class LinkRows:
    """What ties the phases of a program.

    Attributes
    ----------
    ends : casadi.Function
        (z, θ) -> (x0, xf, t0, tf, p) of every phase in order.
    rows, cost : casadi.Function
        Of these: the links' rows (m,), and what the ends cost.
    continuous : tuple of (int, int, str)
        The numbers of two phases, and the state that is one in both.
    """

    ends: Any
    rows: Any
    cost: Any
    continuous: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class LinkedTranscription:
    """minimize objective(z; θ) subject to lower ≤ z ≤ upper and constraint_lower ≤ g(z; θ) ≤ constraint_upper.

    Attributes
    ----------
    problem : MultiPhaseProblem
        What was discretized.
    phases : mapping from name to Part
        Every phase's own transcription, and where it lies.
    variables, parameters, objective, constraints : casadi.MX
        As in a `Transcription`: the phases' in order, and the links' rows last among the constraints.
    lower, upper, constraint_lower, constraint_upper : ndarray
        Bounds of z and g.
    links : LinkRows
        What ties the phases.
    link_rows : slice
        Of the constraints.
    """

    problem: MultiPhaseProblem
    phases: Mapping[str, Part]
    variables: Any
    parameters: Any
    objective: Any
    constraints: Any
    lower: np.ndarray
    upper: np.ndarray
    constraint_lower: np.ndarray
    constraint_upper: np.ndarray
    links: LinkRows
    link_rows: slice

    def with_values(self, phases: Mapping[str, Mapping[str, Any]]) -> "LinkedTranscription":
        """The program at other values of what the phases give as numbers: other bounds, and another θ.

        Parameters
        ----------
        phases : mapping from name to mapping
            As in `MultiPhaseProblem.with_values`, but that what was a number stays one.

        Raises
        ------
        ProblemError
            As there; or a time or a parameter is no number.
        """
        for name, values in phases.items() if isinstance(phases, Mapping) else ():
            check_numbers(values if isinstance(values, Mapping) else {}, f"phases[{name!r}]: ")
        problem = self.problem.with_values(phases)
        parts = {
            name: part._replace(transcription=part.transcription.with_values(**phases.get(name, {})))
            for name, part in self.phases.items()
        }
        bounds = [(part.transcription.lower, part.transcription.upper) for part in parts.values()]
        lower, upper = (np.concatenate(side) for side in zip(*bounds, strict=True))
        return replace(self, problem=problem, phases=parts, lower=lower, upper=upper)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The phases' transcriptions in order."""
        return tuple(self.phases.values())

    @property
    def staged(self) -> bool:
        """Whether the program is one chain of stages: links tie what is far apart in it."""
        return False

    @property
    def rollout(self) -> None:
        """What would make z from first nodes and controls: nothing, since links meet at nodes."""
        return None

    def completed(
        self,
        variables: Float[np.ndarray, " size"],
        parameters: Float[np.ndarray, " theta"],
        above: float | Float[np.ndarray, " size"] = 0.0,
    ) -> Float[np.ndarray, " size"]:
        """The variables with every slack at the kink that it stands for: see `Transcription.completed`."""
        found = np.array(variables, dtype=float)
        above = np.broadcast_to(above, found.shape)
        for part in self.parts:
            own = part.variables
            found[own] = part.transcription.completed(found[own], parameters[part.parameters], above[own])
        return found

    def with_slacks_of(
        self, variables: Float[np.ndarray, " size"], other: Float[np.ndarray, " size"]
    ) -> Float[np.ndarray, " size"]:
        """The variables with the slacks that others have."""
        found = np.array(variables, dtype=float)
        for part in self.parts:
            own = part.variables
            found[own] = part.transcription.with_slacks_of(found[own], other[own])
        return found

    def parameter_values(self) -> Float[np.ndarray, " theta"]:
        """θ of all phases, on their own meshes."""
        return np.concatenate([part.transcription.parameter_values() for part in self.parts])


def link_phases(problem: MultiPhaseProblem, transcriptions: Mapping[str, Transcription]) -> LinkedTranscription:
    """The phases' programs as one.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What to solve.
    transcriptions : mapping from name to Transcription
        Of every phase.

    Raises
    ------
    ProblemError
        A phase is condensed, which leaves no nodes to link.
    """
    for name, transcription in transcriptions.items():
        if transcription.rollout is not None:
            raise ProblemError(
                f"method of phase {name!r} has condensed=True, and several phases meet at their nodes; leave it out"
            )
    phases = _parts({name: transcriptions[name] for name in problem.by_name})
    parts = list(phases.values())
    sizes = [(p.transcription.lower.size, p.transcription.parameters.numel()) for p in parts]
    z, theta = ca.MX.sym("z", sum(s for s, _ in sizes)), ca.MX.sym("theta", sum(s for _, s in sizes))
    given = [(z[part.variables], theta[part.parameters]) for part in parts]
    evaluated = [_evaluated(part.transcription, *own) for part, own in zip(parts, given, strict=True)]
    ends = [end for part, own in zip(parts, given, strict=True) for end in _ends(part.transcription, *own)]
    functions = problem.functions
    rows = functions.rows.call(ends, True, False)[0]
    bounds = [[(t := p.transcription).constraint_lower, t.constraint_upper] for p in parts] + [list(functions.bounds)]
    count = parts[-1].rows.stop
    return LinkedTranscription(
        problem=problem,
        phases=phases,
        variables=z,
        parameters=theta,
        objective=ca.densify(sum(cost for cost, _ in evaluated) + functions.cost.call(ends, True, False)[0]),
        constraints=ca.vertcat(*(constraints for _, constraints in evaluated), ca.densify(rows)),
        lower=np.concatenate([part.transcription.lower for part in parts]),
        upper=np.concatenate([part.transcription.upper for part in parts]),
        constraint_lower=np.concatenate([lower for lower, _ in bounds]),
        constraint_upper=np.concatenate([upper for _, upper in bounds]),
        links=LinkRows(
            ends=ca.Function("ends", [z, theta], ends),
            rows=functions.rows,
            cost=functions.cost,
            continuous=tuple((t.before, t.after, t.state) for t in functions.ties if t.state is not None),
        ),
        link_rows=slice(count, count + functions.rows.numel_out(0)),
    )


def _parts(transcriptions: Mapping[str, Transcription]) -> dict[str, Part]:
    found, starts = {}, np.zeros(3, dtype=int)
    for name, t in transcriptions.items():
        stops = starts + np.array([t.lower.size, t.parameters.numel(), t.constraint_lower.size])
        found[name] = Part(t, *(slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)))
        starts = stops
    return found


def _evaluated(t: Transcription, z: Any, theta: Any) -> tuple[Any, Any]:
    """A phase's objective and constraints in the whole program's variables."""
    objective, constraints = ca.Function("phase", [t.variables, t.parameters], [t.objective, t.constraints]).call(
        [z, theta], True, False
    )
    return objective, constraints


def _ends(t: Transcription, z: Any, theta: Any) -> list[Any]:
    """(x0, xf, t0, tf, p) of a phase."""
    layout, problem = t.layout, t.problem
    last = z[layout.intervals * layout.stage :]
    given = unpack(problem, layout, last, theta[: settings_count(problem)])
    return [z[: layout.states], last[: layout.states], given.initial_time, given.final_time, given.parameters]
