"""Which tasks of an experiment a run is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from geodepth.foundation.argument_checks import shown
from geodepth.validation.errors import ValidationError

from .results import Store
from .sweep import Sweep
from .tables import flat
from .tasks import Task


def matching(sweeps: Sequence[Sweep], conditions: Sequence[str]) -> tuple[Task, ...]:
    """The tasks of some sweeps that meet all conditions, each once.

    Parameters
    ----------
    sweeps : sequence of Sweep
        What is asked for.
    conditions : sequence of str
        Each is "name=value" or "name=value,value": a parameter's name, nested ones joined by dots as in the tables, or
        "sweep" for the name of a sweep, or "seed". Text that is a value as it stands, comma and all, is that value.

    Raises
    ------
    ValidationError
        For a condition of another form, one whose name no task has, and where no task is left.
    """
    described = [(task, _described(sweep, task)) for sweep in sweeps for task in sweep.tasks]
    wanted = [_condition(text, [values for _, values in described]) for text in conditions]
    known = sorted({name for _, values in described for name in values})
    for name, _ in wanted:
        if name not in known:
            raise ValidationError(f"only is {shown(name)}=…; known names are {', '.join(known)}")
    found = dict.fromkeys(
        task for task, values in described if all(_meets(values.get(name), texts) for name, texts in wanted)
    )
    if not found:
        there = "; ".join(f"{name}={','.join(_seen(described, name))}" for name, _ in wanted)
        raise ValidationError(f"only is {shown(' '.join(conditions))}, and no task is so; there are {there}")
    return tuple(found)


def first_missing(tasks: Sequence[Task], store: Store, most: int | None) -> tuple[Task, ...]:
    """The tasks whose results are there, and the first `most` of the others; all where that is None."""
    if most is None:
        return tuple(tasks)
    missing = [task for task in tasks if not store.has(task)]
    left_out = set(missing[most:])
    return tuple(task for task in tasks if task not in left_out)


def _condition(text: str, described: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    name, equals, values = text.partition("=")
    if not (name and equals and values):
        raise ValidationError(f"only is {shown(text)}; give name=value, such as effective_depth=7")
    name, whole = name.strip(), values.strip()
    if any(task.get(name) == whole for task in described):
        return name, [whole]
    return name, [value.strip() for value in whole.split(",")]


def _described(sweep: Sweep, task: Task) -> dict[str, Any]:
    parameters = task.parameters
    return {"sweep": sweep.name, "seed": parameters.pop("seeds"), **dict(flat(parameters))}


def _meets(value: Any, texts: Sequence[str]) -> bool:
    if isinstance(value, list):
        return any(_meets(each, texts) for each in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return any(_number(text) == value for text in texts)
    return str(value) in texts


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seen(described: Sequence[tuple[Task, dict[str, Any]]], name: str) -> list[str]:
    seen: dict[str, None] = {}
    for _, values in described:
        value = values.get(name)
        for each in value if isinstance(value, list) else [value]:
            seen.setdefault(f"{each:g}" if isinstance(each, float) else str(each))
    return list(seen)
