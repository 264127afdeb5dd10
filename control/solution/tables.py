"""A solution as tables: a pandas frame of the path, and an HTML table of what is known of it."""

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
    controls = phase.sample(np.append(phase.times[:-1], last)).controls
    names = [*phase.state_names, *phase.control_names, *(f"costate of {name}" for name in phase.state_names)]
    values = np.column_stack([phase.states, controls, phase.costates])
    return pandas.DataFrame(values, columns=names, index=pandas.Index(phase.times, name="time"))


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
