"""How a method is written into a file and read back: names and numbers only, nothing that can execute."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.integrators_by_name import Integrator
from geodepth.control.transcription.multiple_shooting import MultipleShooting

_KINDS: dict[str, Any] = {k.__name__: k for k in (DirectCollocation, MultipleShooting, *get_args(Integrator))}


def describe(value: Any) -> Any:
    """A method, or what it holds, as JSON can hold it."""
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, tuple):
        return [describe(v) for v in value]
    return {"kind": type(value).__name__} | {f.name: describe(getattr(value, f.name)) for f in fields(value)}


def revive(value: Any) -> Any:
    """What `describe` described. Raises ProblemError for a kind that this version does not know."""
    if isinstance(value, list):
        return tuple(revive(v) for v in value)
    if not isinstance(value, Mapping):
        return value
    if value.get("kind") not in _KINDS:
        raise ProblemError(f"the file names the method {value.get('kind')!r}; known are {sorted(_KINDS)}: upgrade")
    return _KINDS[value["kind"]](**{k: revive(v) for k, v in value.items() if k != "kind"})
