"""The solution of a problem of several phases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.control.model.errors import ProblemError
from geodepth.control.solution.certificate import Certificate
from geodepth.control.solution.npz_files import read_npz, write_npz
from geodepth.control.solution.solution import Solution, from_record
from geodepth.control.solution.views import Views
from geodepth.control.solvers.status import Iterate, Status
from geodepth.foundation.files.npz_files import check_shapes, reading
from geodepth.foundation.shapes import Float

FORMAT = "geodepth solution of phases"
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False, slots=True)
class LinkedEnds:
    """What meets at a link: the end of one phase, and the beginning of the next.

    Attributes
    ----------
    before, after : str
        The phases' names.
    states : tuple of str
        The n states that the two phases share.
    time : float
        When `before` ends.
    values_before, values_after : ndarray
        Of these states (n,).
    costates_before, costates_after : ndarray
        ∂V/∂x of these states (n,), of the cost V of all that follows.
    """

    before: str
    after: str
    states: tuple[str, ...]
    time: float
    values_before: Float[np.ndarray, " n"]
    values_after: Float[np.ndarray, " n"]
    costates_before: Float[np.ndarray, " n"]
    costates_after: Float[np.ndarray, " n"]

    @property
    def jumps(self) -> dict[str, float]:
        """By how much each state jumps, by name."""
        return dict(zip(self.states, (self.values_after - self.values_before).tolist(), strict=True))

    @property
    def costate_jumps(self) -> dict[str, float]:
        """By how much each costate jumps, by the state's name."""
        return dict(zip(self.states, (self.costates_after - self.costates_before).tolist(), strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class MultiPhaseSolution(Views):
    """A solved (or stopped) problem of several phases.

    Attributes
    ----------
    problem_name : str
        As the problem has it.
    status : Status
        How the solve ended.
    cost : float
        Of all phases and their ends.
    phases : mapping from name to Solution
        Each phase with its own cost, costates, method and mesh, in order.
    links : tuple of LinkedEnds
        What meets at each link of the problem.
    link_multipliers : ndarray
        Of the rows between phases (m,): ties in the order of the links, then link constraints.
    statistics : mapping
        Of the solve: solver, sizes, iterations, seconds.
    certificate : Certificate, optional
        What was verified of all phases together.
    """

    problem_name: str
    status: Status
    cost: float
    phases: Mapping[str, Solution]
    links: tuple[LinkedEnds, ...]
    link_multipliers: Float[np.ndarray, " m"] = field(repr=False)
    statistics: Mapping[str, Any]
    certificate: Certificate | None = None

    @property
    def success(self) -> bool:
        """Whether the first-order conditions hold to the tolerance."""
        return self.status is Status.SOLVED

    @property
    def advice(self) -> str:
        """How the solve ended and what to do, with the reason where more is known than the status says."""
        reason = self.statistics.get("reason", "")
        return f"{self.status.value} ({reason})" if reason else self.status.value

    @property
    def iterate(self) -> Iterate | None:
        """The whole program's variables and multipliers; None where a phase does not have its own."""
        own = [phase.iterate for phase in self.phases.values() if phase.iterate is not None]
        if len(own) < len(self.phases):
            return None
        return Iterate(
            np.concatenate([iterate.variables for iterate in own]),
            np.concatenate([iterate.variable_multipliers for iterate in own]),
            np.concatenate([*(iterate.constraint_multipliers for iterate in own), self.link_multipliers]),
        )

    @property
    def in_order(self) -> Mapping[str, Solution]:
        """The phases, as in `phases`."""
        return self.phases

    def save(self, path: str | Path) -> Path:
        """Write one .npz file of all phases, atomically, without pickle; `load` reads it back.

        Raises
        ------
        ProblemError
            The place is none, or cannot be written.
        """
        arrays, described = {"link_multipliers": np.asarray(self.link_multipliers)}, []
        for number, (name, phase) in enumerate(self.phases.items()):
            own, metadata = phase.record()
            arrays |= {f"{number}.{each}": array for each, array in own.items()}
            described.append({"name": name, **metadata})
        metadata = {
            "problem": self.problem_name,
            "status": self.status.name,
            "cost": self.cost,
            "phases": described,
            "links": [[link.before, link.after] for link in self.links],
            "statistics": json.loads(json.dumps(dict(self.statistics), default=str)),
            "certificate": self.certificate and self.certificate.as_dict(),
        }
        return write_npz(path, FORMAT, FORMAT_VERSION, arrays, metadata)

    @staticmethod
    def load(path: str | Path) -> MultiPhaseSolution:
        """Read what `save` wrote.

        Raises
        ------
        ProblemError
            The file is something else, truncated, or of a newer version.
        """
        arrays, metadata = read_npz(path, FORMAT, FORMAT_VERSION)
        with reading(path, FORMAT, ProblemError):
            check_shapes(arrays, {"link_multipliers": "m"})
            phases = {
                str(own["name"]): from_record(_of_phase(number, arrays), own)
                for number, own in enumerate(metadata["phases"])
            }
            certificate = metadata.get("certificate")
            return MultiPhaseSolution(
                problem_name=str(metadata["problem"]),
                status=Status[metadata["status"]],
                cost=float(metadata["cost"]),
                phases=phases,
                links=linked_ends([(str(first), str(last)) for first, last in metadata["links"]], phases),
                link_multipliers=arrays["link_multipliers"],
                statistics=dict(metadata["statistics"]),
                certificate=Certificate.from_dict(certificate) if certificate else None,
            )

    def __repr__(self) -> str:
        seconds, iterations = self.statistics.get("solve_seconds", float("nan")), self.statistics.get("iterations", "?")
        verdict = "" if self.certificate is None else f", {self.certificate.verdict}"
        return (
            f"MultiPhaseSolution({self.problem_name!r}: cost {self.cost:.10g}, phases {', '.join(self.phases)}, "
            f"{self.status.name.lower()}, {iterations} iterations, {seconds:.2f} s{verdict})"
        )


def linked_ends(links: Sequence[tuple[str, str]], phases: Mapping[str, Solution]) -> tuple[LinkedEnds, ...]:
    """What meets at each link from one phase to another, from their solutions."""
    found = []
    for name, other in links:
        first, last = phases[name], phases[other]
        states = tuple(state for state in first.state_names if state in last.state_names)
        before, after = ([s.state_names.index(state) for state in states] for s in (first, last))
        found.append(
            LinkedEnds(
                before=name,
                after=other,
                states=states,
                time=float(first.times[-1]),
                values_before=first.states[-1, before],
                values_after=last.states[0, after],
                costates_before=first.costates[-1, before],
                costates_after=last.costates[0, after],
            )
        )
    return tuple(found)


def _of_phase(number: int, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    start = f"{number}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
