"""How a method is written into a file and read back: names and numbers only, nothing that can execute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from geodepth.control.model.errors import ProblemError
from geodepth.control.transcription.cvodes import Cvodes
from geodepth.control.transcription.direct_collocation import DirectCollocation
from geodepth.control.transcription.explicit_integrators import ExplicitRungeKutta
from geodepth.control.transcription.implicit_integrators import ImplicitRungeKutta
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Cvodes, DirectCollocation, ImplicitRungeKutta, ExplicitRungeKutta, MultipleShooting)
}


def describe(method: Method) -> dict[str, Any]:
    """A method as a mapping that JSON can hold."""
    return cast("dict[str, Any]", _described(method))


def _described(value: Any) -> Any:
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, tuple):
        return [_described(v) for v in value]
    return {"kind": type(value).__name__} | {f.name: _described(getattr(value, f.name)) for f in fields(value)}


def method_from(record: Mapping[str, Any]) -> Method:
    """What `describe` described. Raises ProblemError for a kind that this version does not know."""
    return cast(Method, _revived(record))


def _revived(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_revived(v) for v in value)
    if not isinstance(value, Mapping):
        return value
    if value.get("kind") not in _KINDS:
        raise ProblemError(f"the file names the method {value.get('kind')!r}; known are {sorted(_KINDS)}: upgrade")
    return _KINDS[value["kind"]](**{k: _revived(v) for k, v in value.items() if k != "kind"})
