"""A task: one measurement, with an identity that says what it computes and not where its code stands."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geodepth.validation.errors import ValidationError

from .known_measures import MEASURES, KnownMeasure, measure_name
from .outcome import Measure, Outcome


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement.

    Attributes
    ----------
    measure : str
        A name in MEASURES, or "module:function".
    text : str
        The parameters, as canonical JSON.
    effort : float
        Its time relative to that of other tasks, a pure number; no part of the identity.
    revision : int
        Of what the measure computes. A result of an older revision is not taken for one of this.
    """

    measure: str
    text: str
    effort: float = field(default=1.0, compare=False)
    revision: int = 1

    @classmethod
    def of(
        cls, measure: str | Measure, parameters: Mapping[str, Any], effort: float = 1.0, revision: int | None = None
    ) -> Task:
        """Make a task from plain values.

        Parameters
        ----------
        measure : str or function
            A name in MEASURES, "module:function", or a function that another process can import.
        parameters : mapping
            Numbers, text, truth values, None, and lists and mappings of them.
        effort : float
            Its time relative to that of other tasks.
        revision : int, optional
            By default that of MEASURES, and 1 for any other function.

        Raises
        ------
        ValidationError
            For a function that another process could not import, and for other values.
        """
        try:
            text = json.dumps(dict(parameters), sort_keys=True, allow_nan=False, ensure_ascii=False)
            text.encode()  # the identity is a digest of it
        except (TypeError, ValueError) as error:
            raise ValidationError(f"parameters of a task must be plain finite values ({error}); convert them") from None
        task = cls(measure_name(measure), text, effort)
        return cls(task.measure, text, effort, task.known.revision if revision is None else revision)

    @property
    def known(self) -> KnownMeasure:
        """Where the measure stands, and its name in identities."""
        return MEASURES.get(self.measure, KnownMeasure(self.measure, self.measure))

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters, anew."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def identity(self) -> str:
        """The name of the task's file: the function's name, and a digest of all that the result depends on.

        Equal work has one name on every machine, and one file.
        """
        # Results from before there were revisions are of the first.
        later = f"\nrevision {self.revision}" if self.revision > 1 else ""
        name = self.known.identity
        digest = hashlib.sha256(f"{name}\n{self.text}{later}".encode()).hexdigest()[:16]
        return f"{name.split(':')[1]}-{digest}"

    def run(self) -> Outcome:
        """Measure.

        Raises
        ------
        TypeError
            The function returned anything but an Outcome. What the function raises goes through.
        """
        module, name = self.known.function.split(":")
        outcome = getattr(importlib.import_module(module), name)(self.parameters)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"{self.measure} returned {type(outcome).__name__}; expected an Outcome")
        return outcome
