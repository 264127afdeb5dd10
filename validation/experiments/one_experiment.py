"""What an experiment is: a name, a question, and the sweeps that answer it."""

from dataclasses import dataclass

from geodepth.validation.experiments.sweeps.sweep import Sweep


@dataclass(frozen=True, slots=True)
class Experiment:
    """One command's work.

    Attributes
    ----------
    name : str
        What the command calls it.
    question : str
        What it answers.
    sweeps : tuple of Sweep
        What is measured for it.
    """

    name: str
    question: str
    sweeps: tuple[Sweep, ...]
