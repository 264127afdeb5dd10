"""geodepth doctor: versions, solvers, devices, and a short self-test."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from geodepth.foundation.versions import versions_of


@dataclass(frozen=True, slots=True)
class Doctor:
    """Show versions, solvers and devices, and solve three small problems with known answers; exit code 1 on a fault."""

    def run(self) -> int:
        """Print what is found; the exit code is 1 on a fault."""
        import torch

        found = versions_of("geodepth", "casadi", "numpy", "scipy", "torch", "matplotlib", "safetensors")
        print("versions   " + ", ".join(f"{name} {value}" for name, value in found.items()))
        cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        print(f"devices    cpu ({torch.get_num_threads()} threads)" + "".join(f", cuda: {name}" for name in cuda))
        faults = 0
        for name, check in CHECKS.items():
            clock = time.perf_counter()
            try:
                error, allowed = check()
                good = error <= allowed
                word = f"error {error:.1e}, allowed {allowed:.0e}"
            except Exception as fault:  # a doctor reports every fault, whatever its kind
                good, word = False, f"{type(fault).__name__}: {' '.join(str(fault).split())[:120]}"
            faults += not good
            print(f"{'ok' if good else 'FAULT':10} {name}: {word} ({time.perf_counter() - clock:.2f} s)")
        return 1 if faults else 0


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


CHECKS: dict[str, Callable[[], tuple[float, float]]] = {
    "ipopt solves the double integrator": lambda: _control("ipopt"),
    "fatrop solves the double integrator": lambda: _control("fatrop"),
    "geodesic of one neuron": _geodesic,
    "network's cost equals the geodesic's": _network,
}
