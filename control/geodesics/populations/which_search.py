"""Which search is meant by the arguments of solve_geodesic: in stages, or random starts."""

from collections.abc import Sequence

from geodepth.control.geodesics.statement.shapes import Weights
from geodepth.control.geodesics.transcribed.path_problem import PathProblem
from geodepth.control.model.errors import ProblemError

from .request import Search

MANY_STARTS = 32
"""Random starts where no number is asked for and no staged search is made; chosen by hand."""


def check_search(
    problem: PathProblem, search: str | Search, starts: int | None, hops: int
) -> tuple[Search | None, int]:
    """The staged search that is meant, or None, and how many random starts there are without one.

    Parameters
    ----------
    problem : PathProblem
        What is searched. A staged search is of networks by our own solver; the continuous path of a ReLU is found
        through such a network.
    search : str or Search
        "auto" searches where that can be and neither starts nor hops are given.
    starts : int or None
        Random starts in place of a search.
    hops : int
        Hops from them.

    Raises
    ------
    ProblemError
        Both are asked for, or a search of what it is not for.
    """
    if not isinstance(search, Search) and search != "auto":
        raise ProblemError(f"search is {search!r}; give 'auto' or a Search(...)")
    if starts is not None or hops:
        if isinstance(search, Search):
            raise ProblemError("search and starts or hops are both given; give a Search(...), or starts and hops alone")
        return None, MANY_STARTS if starts is None else starts
    if problem.discretization.is_network and problem.solver == "structured":
        return (search if isinstance(search, Search) else Search()), 0
    if isinstance(search, Search):
        raise ProblemError(
            "search is for solver 'structured', and for 'relu' in a continuous scheme; give starts instead"
        )
    return None, MANY_STARTS


def founders_of(search: Search | None, warm_starts: Sequence[Weights]) -> Sequence[Weights]:
    """The warm starts that the populations of a staged search begin with: all where it has no random starts.

    Raises
    ------
    ProblemError
        A search without random starts has nothing to begin with.
    """
    if search is None or search.starts:
        return ()
    if not len(warm_starts):
        raise ProblemError("search.starts is 0 and there are no warm_starts; give some, or search.starts of at least 1")
    return warm_starts
