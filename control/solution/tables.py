"""A solution as tables: the path for pandas and xarray, and an HTML table of what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

ALMOST = 1 - 1e-9
"""The end of the horizon as a fraction of the last interval, where that interval's control is still meant."""


def frame_of_phases(phases: Mapping[str, Any]) -> Any:
    """States, controls and costates at the nodes of these Solutions: see `Views.to_pandas`."""
    import pandas

    frames = {name: _frame(phase, pandas) for name, phase in phases.items()}
    if len(frames) == 1:
        return next(iter(frames.values()))
    return pandas.concat(frames, names=["phase", "time"])


def _frame(phase: Any, pandas: Any) -> Any:
    last = phase.times[-2] + ALMOST * (phase.times[-1] - phase.times[-2])
    found = phase.sample(np.append(phase.times[:-1], last))
    costates = [f"costate of {name}" for name in phase.state_names]
    names = [*phase.state_names, *phase.control_names, *phase.algebraic_names, *costates]
    values = np.column_stack([phase.states, found.controls, found.algebraic, phase.costates])
    return pandas.DataFrame(values, columns=names, index=pandas.Index(phase.times, name="time"))


def dataset_of(solution: Any) -> Any:
    """A Solution as an xarray.Dataset: see `Solution.to_xarray`."""
    import xarray

    path = {
        "state": (("time", "state_name"), solution.states),
        "costate": (("time", "state_name"), solution.costates),
        "control": (("interval", "control_name"), solution.controls),
    }
    coordinates = {
        "time": solution.times,
        "interval": np.arange(solution.times.size - 1),
        "interval_start": ("interval", solution.times[:-1]),
        "state_name": list(solution.state_names),
        "control_name": list(solution.control_names),
    }
    if solution.algebraic_names:
        nodes = np.column_stack([solution.algebraic(name) for name in solution.algebraic_names])
        path["algebraic"] = (("interval" if solution.in_steps else "time", "algebraic_name"), nodes)
        coordinates["algebraic_name"] = list(solution.algebraic_names)
    attributes = {"problem": solution.problem_name, "cost": solution.cost, "status": solution.status.value}
    return xarray.Dataset(path, coords=coordinates, attrs=attributes)


def table_of(solution: Any) -> str:
    """How a Solution or MultiPhaseSolution ended, its phases and every check of its certificate, as an HTML table."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in _facts(solution)
    )
    certificate = solution.certificate
    if certificate is not None:
        rows += f"<tr><th colspan=2 style='text-align:left'>{escape(certificate.verdict)}</th></tr>"
        for check in certificate.checks:
            limit = "" if check.limit is None else f" ≤ {check.limit:.0e}"
            told = f"{check.value:.1e}{limit} {check.verdict}: {check.meaning}"
            rows += f"<tr><td style='text-align:left'>{escape(check.name)}</td>"
            rows += f"<td style='text-align:left'>{escape(told)}</td></tr>"
    return f"<table><caption>{escape(solution.problem_name)}</caption>{rows}</table>"


def _facts(solution: Any) -> Iterator[tuple[str, str]]:
    yield "cost", f"{solution.cost:.10g}"
    yield "status", f"{solution.status.name.lower()}: {solution.advice}"
    phases = solution.in_order
    for name, phase in phases.items():
        horizon = f"from {phase.times[0]:.6g} to {phase.times[-1]:.6g}, {phase.times.size - 1} intervals"
        yield "time" if len(phases) == 1 else f"phase {name}", horizon
        for parameter, value in phase.parameters.items():
            if parameter not in ("initial_time", "final_time"):
                yield parameter, f"{value:.10g}"
    numbers = solution.statistics
    seconds = sum(numbers.get(f"{part}_seconds", 0.0) for part in ("build", "solve"))
    yield "solved", f"by {numbers.get('solver', '?')} in {numbers.get('iterations', '?')} iterations, {seconds:.2f} s"
