"""geodepth doctor: versions, devices, what is missing and how to get it, and a short self-test."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from geodepth.cli.answers import answer
from geodepth.foundation.optional_parts import PARTS, is_there
from geodepth.foundation.versions import versions_of


@dataclass(frozen=True, slots=True)
class DoctorCommand:
    """Show versions and devices, name what is missing and how to get it, and solve small problems with known answers.

    Exit code 0: what is installed works; 1: a fault. What is missing is no fault, for the plain install is the
    optimizer alone.

    Example: geodepth doctor
    """

    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

    def run(self) -> int:
        """Print what is found; the exit code is 1 on a fault."""
        versions = versions_of("geodepth", "casadi", "numpy", "scipy", "torch", "matplotlib", "safetensors")
        devices, missing = _devices(), [module for module in PARTS if not is_there(module)]
        results = [_result(name, check) for name, check in CHECKS.items() if all(map(is_there, check.needs))]

        def in_lines() -> None:
            print("versions   " + ", ".join(f"{name} {value}" for name, value in versions.items()))
            print(f"devices    {', '.join(devices)}")
            for module in missing:
                part = PARTS[module]
                print(f"missing    {part.title}, for {part.purpose}: pip install 'geodepth[{part.extra}]'")
            for result in results:
                word = result["fault"] or f"error {result['error']:.1e}, allowed {result['allowed']:.0e}"
                print(f"{'ok' if result['ok'] else 'FAULT':10} {result['name']}: {word} ({result['seconds']:.2f} s)")

        absent = {module: PARTS[module]._asdict() for module in missing}
        answer({"versions": versions, "devices": devices, "missing": absent, "checks": results}, in_lines, self.json)
        return 0 if all(result["ok"] for result in results) else 1


def _devices() -> list[str]:
    if not is_there("torch"):
        return ["cpu"]
    import torch

    cuda = [f"cuda: {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    return [f"cpu ({torch.get_num_threads()} threads)", *cuda]


def _result(name: str, check: _Check) -> dict[str, Any]:
    """What a check found: its error and what is allowed, or the fault that ended it."""
    clock = time.perf_counter()
    error, allowed, fault = float("nan"), float("nan"), ""
    try:
        error, allowed = check.run()
    except Exception as ended:  # a doctor reports every fault, whatever its kind
        fault = f"{type(ended).__name__}: {' '.join(str(ended).split())[:120]}"
    return {
        "name": name,
        "ok": error <= allowed,
        "error": error,
        "allowed": allowed,
        "fault": fault,
        "seconds": time.perf_counter() - clock,
    }


def _control(solver: str) -> tuple[float, float]:
    from geodepth.control import solve
    from geodepth.control.problems import load

    problem = load("double-integrator-energy")
    return abs(solve(problem.build(), problem.method, problem.mesh, solver).cost - problem.reference), 1e-8


def _geodesic() -> tuple[float, float]:
    """One neuron from 0.5 to 1.5 at L̃ = 3, whose ∫‖W‖² is known in closed form."""
    import numpy as np

    from geodepth.control import RepresentationGeodesic, solve_geodesic

    start, end = np.array([[0.5]]), np.array([[1.5]])
    neuron = RepresentationGeodesic(start, end, 1, 3.0, 1.0, activation="linear", endpoint="fixed")
    solution = solve_geodesic(neuron, layers=20, scheme="rk4", starts=1, progress=False)
    return abs(solution.parameter_norm / 6.644519613659 - 1), 1e-5


def _network() -> tuple[float, float]:
    """A network's cost against the same sum in NumPy."""
    import numpy as np
    import torch

    from geodepth.control import RepresentationGeodesic
    from geodepth.nets import LeakyResNet
    from geodepth.validation.bridge.layouts import samples_first

    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 7)), generator.normal(size=(1, 7))
    network = LeakyResNet(2, 1, width=3, layers=5, effective_depth=2.0, dtype=torch.float64)
    ours = network.objective(torch.as_tensor(samples_first(x)), torch.as_tensor(samples_first(y)), 1e-3).detach()
    geodesic = RepresentationGeodesic(x, y, 3, 2.0, 1e-3)
    theirs = geodesic.objective(network.weights[0].detach().numpy(), network.layer_steps[0].numpy())
    return abs(ours.item() - theirs) / theirs, 1e-12


class _Check(NamedTuple):
    """A self-test: it returns an error and what is allowed, and is left out where what it needs is missing."""

    run: Callable[[], tuple[float, float]]
    needs: tuple[str, ...] = ()


CHECKS: dict[str, _Check] = {
    "ipopt solves the double integrator": _Check(lambda: _control("ipopt")),
    "fatrop solves the double integrator": _Check(lambda: _control("fatrop")),
    "geodesic of one neuron": _Check(_geodesic),
    "network's cost equals the geodesic's": _Check(_network, ("torch",)),
}
