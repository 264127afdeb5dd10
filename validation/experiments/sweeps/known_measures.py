"""The measures that a specification names in one word: where each stands, its name in identities, its revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from geodepth.validation.errors import ValidationError

from .outcome import Measure


@dataclass(frozen=True, slots=True)
class KnownMeasure:
    """A measure of this package.

    Attributes
    ----------
    function : str
        "module:function", where it stands. This may change.
    identity : str
        Its name in the identities of tasks: where it stood first. This never changes, or every result of it is lost.
    revision : int
        Raise it whenever the same parameters begin to give other numbers. Results of an older revision then count as
        missing. A test that pins numbers says when.
    """

    function: str
    identity: str
    revision: int = 1


def _where_it_stood_first(place: str) -> KnownMeasure:
    return KnownMeasure(place, place)


MEASURES: Mapping[str, KnownMeasure] = MappingProxyType(
    {
        "networks": KnownMeasure(
            "geodepth.validation.experiments.measures.networks:networks",
            "geodepth.validation.experiments.networks:networks",
        ),
        # 2: the share of starts in the best minimum is that of the best one known, not of the best of those starts.
        "truth": KnownMeasure(
            "geodepth.validation.experiments.measures.truths:truth", "geodepth.validation.experiments.truths:truth", 2
        ),
        "beside-truth": KnownMeasure(
            "geodepth.validation.experiments.measures.beside_truths:beside_truth",
            "geodepth.validation.experiments.truths:beside_truth",
            2,
        ),
        "motion": _where_it_stood_first("geodepth.validation.experiments.measures.motion:motion"),
        "collapse": _where_it_stood_first("geodepth.validation.experiments.measures.collapse:collapse"),
        "chance": _where_it_stood_first("geodepth.validation.experiments.measures.chance:chance"),
        "causes": _where_it_stood_first("geodepth.validation.experiments.measures.causes:causes"),
    }
)
"""What a file may name. A specification in TOML thus runs nothing but these; one in Python may name any function."""


def measure_name(measure: str | Measure) -> str:
    """Name a measure as tasks do.

    Parameters
    ----------
    measure : str or function
        A name in MEASURES, "module:function", or a function at the top of a module.

    Returns
    -------
    str
        The name in MEASURES where there is one, otherwise "module:function".

    Raises
    ------
    ValidationError
        The measure has no such name.
    """
    if isinstance(measure, str):
        name = measure
        if name not in MEASURES and name.count(":") != 1:
            raise ValidationError(f"measure is {measure!r}; give {', '.join(MEASURES)}, or module:function")
    else:
        function = getattr(measure, "__qualname__", "")
        if not function.isidentifier():
            raise ValidationError(
                f"measure is {measure!r}; give a function at the top of a module, which other processes can import"
            )
        name = f"{measure.__module__}:{function}"
    known = [short for short, entry in MEASURES.items() if name in (entry.function, entry.identity)]
    return known[0] if known else name
