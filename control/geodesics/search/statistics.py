"""What a search keeps of its own work: how many starts, what they cost, which failed and why."""

from collections.abc import Sequence
from typing import Any

from .outcome import CarriedMesh, Ended, StartOutcome
from .settings import SearchSettings

NO_HOPS = "No start ended in a minimum, so there is none to hop from; take more starts."


def search_statistics(
    settings: SearchSettings,
    ended: Sequence[Ended],
    outcomes: Sequence[StartOutcome],
    mesh: CarriedMesh | None,
    seconds: float,
) -> dict[str, Any]:
    """What a search tells of its own work, by name, as a solution keeps and saves it.

    Parameters
    ----------
    settings : SearchSettings
        What was asked.
    ended : sequence of Ended
        Where the starts ended, hops among them.
    outcomes : sequence of StartOutcome
        The same after the exact stage.
    mesh : CarriedMesh, optional
        The last mesh of a path that was carried to one.
    seconds : float
        Wall-clock time of the search.

    Returns
    -------
    dict
        solver, starts (random ones), warm_starts (given weights, each of which makes two starts), seed, noise :
        as they were asked for.
        hops : how many were made.
        resumed_starts : how many starts the journal knew.
        failed_starts : how many did not end in a minimum.
        failures : their origins with the reasons, and "hops" where none could be made.
        iterations : Newton steps of all starts.
        start_costs : J by origin, in the order of the starts.
        seconds : of the search.
        mesh : what is known of an equidistributed mesh, or of one with nodes on the kinks; left out elsewhere.
    """
    failures = {o.origin: o.reason for o in outcomes if not o.converged}
    hops = sum(e.outcome.origin.startswith("hop ") for e in ended)
    return {
        "solver": settings.problem.solver,
        "starts": settings.starts,
        "warm_starts": len(settings.warm_starts),
        "hops": hops,
        "resumed_starts": sum(e.resumed for e in ended),
        "failed_starts": len(failures),
        "failures": failures | ({"hops": NO_HOPS} if settings.hops and not hops else {}),
        "seed": settings.seed,
        "noise": settings.noise,
        "iterations": sum(o.iterations for o in outcomes),
        "start_costs": {o.origin: o.cost for o in outcomes},
        "seconds": seconds,
    } | ({} if mesh is None else {"mesh": mesh.record()})
