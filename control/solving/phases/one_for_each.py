"""Method, mesh and guess of several phases: one for all of them, or a mapping by the phase's name."""

from collections.abc import Mapping
from typing import Any

from geodepth.control.model.errors import ProblemError, check_names
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem


def one_for_each(which: str, given: Any, problem: MultiPhaseProblem) -> dict[str, Any]:
    """What each phase gets: of a mapping its own, otherwise the one that is given for all.

    Parameters
    ----------
    which : str
        The argument's name.
    given : object
        What the user gave.
    problem : MultiPhaseProblem
        Whose phases are meant.

    Raises
    ------
    ProblemError
        A mapping names a phase that there is not, or lacks one.
    """
    names = list(problem.by_name)
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, given)
    check_names(which, given, names)
    for name in names:
        if name not in given:
            raise ProblemError(f"{which} lacks the phase {name!r}; give one for each of {names[:12]}, or one for all")
    return {name: given[name] for name in names}
