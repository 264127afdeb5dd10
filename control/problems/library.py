"""The problems by name. A problem `moon-lander` is the file moon_lander.py in one of the folders, and holds PROBLEM."""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path

from geodepth.control.model.errors import ProblemError

from .classic_problem import ClassicProblem

READING_ORDER = (
    "double-integrator-energy",
    "double-integrator-energy-speed-bound",
    "double-integrator-time",
    "double-integrator-to-a-line",
    "double-integrator-least-force",
    "double-integrator-fuel",
    "double-integrator-least-speed",
    "double-integrator-rate-bound",
    "linear-quadratic-regulator",
    "chain-of-masses",
    "heated-rod",
    "brachistochrone",
    "brachistochrone-free-end",
    "hanging-chain",
    "closed-curve",
    "newtons-nose",
    "integrator-state-bound",
    "bryson-denham",
    "jacobson-lele",
    "robbins",
    "around-a-ball",
    "hypersensitive-linear",
    "hypersensitive",
    "van-der-pol-state-bound",
    "rayleigh",
    "catalyst-mixing",
    "jackson",
    "lotka-fishing",
    "fish-harvest",
    "fuller",
    "linear-tangent-steering",
    "zermelo-vortex",
    "longest-flight",
    "cart-pole",
    "pendulum-swing-up",
    "batch-reactor",
    "quadrotor",
    "two-link-arm",
    "robot-arm",
    "moon-lander",
    "goddard-rocket",
    "goddard-rocket-speed-bound",
    "low-thrust-transfer",
    "orbit-raising",
    "dynamic-soaring",
    "hang-glider",
    "shuttle-reentry",
    "two-phase-robot",
    "goddard-rocket-arcs",
    "delta-iii-ascent",
    "missile",
    "staged-hybrid",
    "gas-oil-cracking",
)
"""The order in which a reader may want to meet them: closed forms first, then bounds, singular arcs, and flight.
What is in a folder and not here comes after these."""


@cache
def _folders() -> dict[str, str]:
    """The folder of every problem, by name, in reading order."""
    files = sorted(path for path in Path(__file__).parent.glob("*/*.py") if path.stem != "__init__")
    found = {path.stem.replace("_", "-"): path.parent.name for path in files}
    return {name: found.pop(name) for name in READING_ORDER if name in found} | found


PHASES = ("phases", "estimation")
"""The folders of the problems whose `build` makes a MultiPhaseProblem."""
STEPS = "discrete_time"
"""The folder of the problems that state x_next, which nothing discretizes."""


def names(several_phases: bool | None = None, in_steps: bool | None = None) -> tuple[str, ...]:
    """Names of the library's problems in reading order.

    Parameters
    ----------
    several_phases : bool, optional
        Those of several phases alone, or those of one.
    in_steps : bool, optional
        Those in discrete time alone, or those in continuous time.
    """
    return tuple(
        name
        for name, folder in _folders().items()
        if several_phases in (None, folder in PHASES) and in_steps in (None, folder == STEPS)
    )


def load(name: str) -> ClassicProblem:
    """The problem of this name. Raises ProblemError that lists the names when there is none."""
    if name not in _folders():
        near = get_close_matches(str(name), names(), 1)
        guess = f"did you mean {near[0]}? The" if near else "the"
        raise ProblemError(f"there is no problem {name!r}; {guess} library has {', '.join(names())}")
    problem: ClassicProblem = import_module(f"..{_folders()[name]}.{name.replace('-', '_')}", __name__).PROBLEM
    return problem
