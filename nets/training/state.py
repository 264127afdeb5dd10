"""The state of a training: everything it needs to go on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from geodepth.foundation.shapes import Bool, Float, Int
from geodepth.nets.shapes import PerMember, Steps, Vectors

EXPLOSION = 1e3
"""An objective this many times above both its start and the data's own mean square is not going to come back. Chosen
by hand."""


@dataclass(slots=True, kw_only=True)
class TrainingState:
    """The mutable state of a run. P is the number of a member's parameters.

    Attributes
    ----------
    epoch, updates : int
        Epochs done, and updates of Adam done.
    seconds : float
        Spent so far, over all sessions.
    interrupted, stopped : bool
        Whether Ctrl-C broke the run off once, and whether it ended early.
    parameters, layer_steps : (members, P), (members, L)
        The present iterate.
    first_moment, second_moment : (members, P)
        Adam's averages.
    anchor_gradient, anchor_objective, rates : (members, P), (members,), (members,)
        Of the descent: gradient and objective at `parameters`, and each member's rate.
    kept_parameters, kept_layer_steps, kept_objective : (members, P), (members, L), (members,)
        The best recorded iterate.
    diverged : (members,)
        Which members blew up.
    limit : (members,)
        The objective above which a member has blown up.
    generator : (bytes,)
        The state of the mini-batches' generator.
    record_epochs, record_objectives : (records,), (records, members)
        What was recorded.
    """

    epoch: int = 0
    updates: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    stopped: bool = False
    parameters: Vectors
    layer_steps: Steps
    first_moment: Vectors
    second_moment: Vectors
    anchor_gradient: Vectors
    anchor_objective: PerMember
    rates: PerMember
    kept_parameters: Vectors
    kept_layer_steps: Steps
    kept_objective: PerMember
    diverged: Bool[Tensor, " members"]
    limit: PerMember
    generator: Tensor
    record_epochs: Int[Tensor, " records"]
    record_objectives: Float[Tensor, "records members"]

    @classmethod
    def begin(
        cls, parameters: Vectors, layer_steps: Steps, objective: PerMember, scale: float, generator: torch.Generator
    ) -> TrainingState:
        """The state before the first epoch; `scale` is the mean square of the targets."""
        finite = torch.isfinite(objective)
        zeros: dict[str, Any] = {
            name: torch.zeros_like(parameters) for name in ("first_moment", "second_moment", "anchor_gradient")
        }
        zeros |= {name: torch.zeros_like(parameters[:, 0]) for name in ("anchor_objective", "rates")}
        return cls(
            parameters=parameters.clone(),
            layer_steps=layer_steps.clone(),
            **zeros,
            kept_parameters=parameters.clone(),
            kept_layer_steps=layer_steps.clone(),
            kept_objective=objective.clone(),
            diverged=~finite,
            limit=EXPLOSION * (torch.where(finite, objective, 0.0) + scale),
            generator=generator.get_state(),
            record_epochs=torch.zeros(1, dtype=torch.int64),
            record_objectives=objective.cpu()[None].clone(),
        )

    def keep(self, members: Bool[Tensor, " members"], objective: PerMember) -> None:
        """Make the present iterate of some members the best one."""
        self.kept_objective[members] = objective[members]
        self.kept_parameters[members] = self.parameters[members]
        self.kept_layer_steps[members] = self.layer_steps[members]

    def freeze(self, members: Bool[Tensor, " members"]) -> None:
        """Put members that blew up back to their best iterate, and forget where they were going."""
        self.diverged |= members
        self.parameters[members] = self.kept_parameters[members]
        self.layer_steps[members] = self.kept_layer_steps[members]
        for stale in (self.first_moment, self.second_moment, self.anchor_gradient):
            stale[members] = 0.0

    def record(self, objective: PerMember) -> None:
        """Note the objective at the present epoch."""
        self.record_epochs = torch.cat([self.record_epochs, torch.tensor([self.epoch])])
        self.record_objectives = torch.cat([self.record_objectives, objective.cpu()[None]])
