"""A Delta III from the launch pad to a transfer orbit: four phases, at the end of each of which something drops off."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from geodepth.control.model.phases.links import Link
from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import BoundaryConstraint, FreeTime, OptimalControlProblem, PathConstraint
from geodepth.control.problems.classic_problem import ClassicProblem
from geodepth.control.problems.drawing import BLACK, BLUE, GREEN, ORANGE, PINK, RED, Figure, Sheet
from geodepth.control.solution.phases.multi_phase_solution import MultiPhaseSolution
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.foundation.shapes import Float

GRAVITY, RADIUS, TURN = 3.986012e14, 6378145.0, 7.29211585e-5
"""The earth's μ in m³/s², its radius in m, and its rate of turning in rad/s."""
DRAG_AREA, DENSITY, SCALE_HEIGHT = 0.5 * 4 * math.pi, 1.225, 7200.0
"""C_D A in m², the density of air at the ground in kg/m³, and the height in m over which it falls by e."""
LATITUDE = math.radians(28.5)
STANDSTILL = 1e-3
"""In m/s, added to the speed through the air under the root: on the pad, where that is zero, it has no slope."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A booster or a stage: thrust in N, masses in kg, and how long its propellant lasts in s."""

    thrust: float
    mass: float
    propellant: float
    burns: float

    @property
    def flow(self) -> float:
        """Propellant in kg/s."""
        return self.propellant / self.burns

    @property
    def empty(self) -> float:
        """What is left of it in kg."""
        return self.mass - self.propellant


BOOSTER, FIRST, SECOND = (
    Engine(628500.0, 19290.0, 17010.0, 75.2),
    Engine(1083100.0, 104380.0, 95550.0, 261.0),
    Engine(110094.0, 19300.0, 16820.0, 700.0),
)
PAYLOAD = 4164.0
SEMI_MAJOR_AXIS, ECCENTRICITY = 24361140.0, 0.7308
NODE, PERIGEE = math.radians(269.8), math.radians(130.5)
"""Of the transfer orbit: right ascension of the ascending node, argument of perigee. Its inclination is LATITUDE."""

PHASES: Mapping[str, tuple[tuple[tuple[int, Engine], ...], float, float]] = {
    "six boosters": (((6, BOOSTER), (1, FIRST)), 0.0, 75.2),
    "three boosters": (((3, BOOSTER), (1, FIRST)), 75.2, 150.4),
    "first stage": (((1, FIRST),), 150.4, 261.0),
    "second stage": (((1, SECOND),), 261.0, 961.0),
}
"""What burns, and from when until when; the second stage is cut off sooner."""
DROPPED = {"six boosters": 6 * BOOSTER.empty, "three boosters": 3 * BOOSTER.empty, "first stage": FIRST.empty}
"""What drops off at the end of a phase, in kg."""
WHOLE = 9 * BOOSTER.mass + FIRST.mass + SECOND.mass + PAYLOAD
CUT_OFF = 924.0
"""When the second stage is guessed to be cut off, in s."""
PLACES = ("x", "y", "z", "vx", "vy", "vz")


GUESSED_ANOMALY = math.radians(-26.0)
"""Where on the transfer orbit the guess ends, from perigee on: a line from the pad to there passes above the ground."""


def _turned(angle: float) -> Float[np.ndarray, "3 3"]:
    """A rotation about the third axis."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _orbit() -> Float[np.ndarray, "3 3"]:
    """Rows: towards perigee, a right angle ahead of it in the plane of the orbit, and normal to that."""
    c, s = math.cos(LATITUDE), math.sin(LATITUDE)
    tilted = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return np.asarray((_turned(NODE) @ tilted @ _turned(PERIGEE)).T)


def _on_orbit(anomaly: float) -> Float[np.ndarray, " 6"]:
    """Position and velocity on the transfer orbit."""
    towards, ahead, _ = _orbit()
    c, s = math.cos(anomaly), math.sin(anomaly)
    parameter = SEMI_MAJOR_AXIS * (1 - ECCENTRICITY**2)
    position = parameter / (1 + ECCENTRICITY * c) * (c * towards + s * ahead)
    return np.concatenate([position, math.sqrt(GRAVITY / parameter) * (-s * towards + (ECCENTRICITY + c) * ahead)])


def _on_pad() -> Float[np.ndarray, " 6"]:
    """Position and velocity before the start, which turn with the earth."""
    x, z = RADIUS * math.cos(LATITUDE), RADIUS * math.sin(LATITUDE)
    return np.array([x, 0.0, z, 0.0, TURN * x, 0.0])


def _dynamics(thrust: float, flow: float) -> Any:
    def rate(x: Any, u: Any, t: Any, p: Any) -> Any:
        position, velocity, mass = x[:3], x[3:6], x[6]
        distance = ca.norm_2(position)
        through_air = velocity - TURN * ca.vertcat(-position[1], position[0], 0)
        speed = ca.sqrt(ca.dot(through_air, through_air) + STANDSTILL**2)
        density = DENSITY * ca.exp((RADIUS - distance) / SCALE_HEIGHT)
        drag = -0.5 * DRAG_AREA * density * speed * through_air
        return ca.vertcat(velocity, -GRAVITY * position / distance**3 + (thrust * u + drag) / mass, -flow)

    return rate


def _of_orbit(x0: Any, xf: Any, t0: Any, tf: Any, p: Any) -> Any:
    """Angular momentum over that of the orbit (3), and the eccentricity vector in its plane (2)."""
    position, velocity = xf[:3], xf[3:6]
    momentum = ca.cross(position, velocity)
    eccentricity = ca.cross(velocity, momentum) / GRAVITY - position / ca.norm_2(position)
    towards, ahead, _ = _orbit()
    whole = math.sqrt(GRAVITY * SEMI_MAJOR_AXIS * (1 - ECCENTRICITY**2))
    return ca.vertcat(momentum / whole, ca.dot(ca.DM(towards), eccentricity), ca.dot(ca.DM(ahead), eccentricity))


def build() -> MultiPhaseProblem:
    """States x, y, z, their speeds and the mass; controls: the direction of thrust. All in metres, seconds and kg."""
    goal = [*_orbit()[2], ECCENTRICITY, 0.0]
    phases = []
    for name, (engines, begins, ends) in PHASES.items():
        first, last = begins == 0.0, name == "second stage"
        phases.append(
            OptimalControlProblem(
                name=name,
                states=(*PLACES, "m"),
                controls=("ux", "uy", "uz"),
                dynamics=_dynamics(sum(n * e.thrust for n, e in engines), _flow(engines)),
                terminal_cost=_negative_mass if last else None,
                initial_state=dict(zip((*PLACES, "m"), (*_on_pad(), WHOLE), strict=True)) if first else None,
                control_bounds=dict.fromkeys(("ux", "uy", "uz"), (-1.0, 1.0)),
                path_constraints=[PathConstraint(_length, 1.0, 1.0)],
                boundary_constraints=[BoundaryConstraint(_of_orbit, goal, goal)] if last else (),
                initial_time=begins,
                final_time=FreeTime(CUT_OFF, ends - 100.0, ends) if last else ends,
            )
        )
    names = list(PHASES)
    links = [Link(before, after, jumps={"m": -DROPPED[before]}) for before, after in itertools.pairwise(names)]
    return MultiPhaseProblem("delta-iii-ascent", phases, links)


def _flow(engines: tuple[tuple[int, Engine], ...]) -> float:
    return sum(number * engine.flow for number, engine in engines)


def _negative_mass(x: Any, t: Any, p: Any) -> Any:
    return -x[6]


def _length(x: Any, u: Any, t: Any, p: Any) -> Any:
    """Of the direction of thrust, squared."""
    return ca.dot(u, u)


def guess() -> dict[str, dict[str, Any]]:
    """By phase: a line in time from the pad to the orbit, the mass as it burns, and thrust to the east."""
    found: dict[str, dict[str, Any]] = {}
    mass, pad, orbit = WHOLE, _on_pad(), _on_orbit(GUESSED_ANOMALY)
    for name, (engines, begins, ends) in PHASES.items():
        shares = begins / CUT_OFF, min(ends / CUT_OFF, 1.0)
        line = [pad + share * (orbit - pad) for share in shares]
        burnt = _flow(engines) * CUT_OFF * (shares[1] - shares[0])
        places = {n: (float(a), float(b)) for n, a, b in zip(PLACES, *line, strict=True)}
        found[name] = {**places, "m": (mass, mass - burnt), "ux": 0.0, "uy": 1.0, "uz": 0.0}
        mass -= burnt + DROPPED.get(name, 0.0)
    return found


def plot(solution: MultiPhaseSolution) -> Figure:
    """Height, speed, mass, and the direction of thrust."""
    title = f"Delta III to its transfer orbit: {-solution.cost:.7g} kg arrive"
    sheet = Sheet(solution, title, rows=2, columns=2, sharex=True, size=(9, 5.5))
    for path in sheet.paths:
        height = np.linalg.norm(path.states[:, :3], axis=1) - RADIUS
        sheet.axes[0].plot(path.times, height / 1000, color=BLUE)
        sheet.axes[1].plot(path.times, np.linalg.norm(path.states[:, 3:6], axis=1) / 1000, color=GREEN)
    sheet.axes[0].set_ylabel("height (km)")
    sheet.axes[1].set_ylabel("speed (km/s)")
    sheet.state(2, "m", ORANGE, scale=1e-3, xlabel="time (s)", ylabel="mass (t)")
    for name, colour in (("ux", RED), ("uy", PINK), ("uz", BLACK)):
        sheet.control(3, name, name, colour=colour, xlabel="time (s)", ylabel="direction of thrust")
    return sheet.finished()


PROBLEM = ClassicProblem(
    name="delta-iii-ascent",
    title="Delta III to a transfer orbit",
    statement="r' = v, v' = −μr/|r|³ + (T u + drag)/m, m' = −flow, |u| = 1, in four phases of fixed thrust and flow; "
    "empty boosters and the first stage drop off at t = 75.2, 150.4 and 261 s; from the pad to a = 24361.14 km, "
    "e = 0.7308, i = 28.5°, Ω = 269.8°, ω = 130.5°; maximize the final mass",
    source="Benson, thesis, MIT 2005; Betts, example 6.15; GPOPS-II",
    reference=7529.7123,
    reference_source="Radau collocation on a fine mesh; Betts and GPOPS-II print 7529.712",
    build=build,
    quantity="final mass",
    plot=plot,
    units={
        "time": "s",
        **dict.fromkeys(PLACES[:3], "m"),
        **dict.fromkeys(PLACES[3:], "m/s"),
        "m": "kg",
        **dict.fromkeys(("ux", "uy", "uz"), ""),
    },
    unit="kg",
    guess=guess(),
    method=DirectCollocation("radau", 3),
    intervals=10,
    accuracy=5e-7,
    solvers=("ipopt",),
    sign=-1,
)
