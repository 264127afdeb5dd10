"""Libraries that only some uses need: which extra of geodepth brings them, and the line that says so."""

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .errors import InputError


class Part(NamedTuple):
    """A library that the plain install leaves out.

    Attributes
    ----------
    title : str
        As people call it.
    extra : str
        The extra of geodepth that brings it.
    purpose : str
        What it is for.
    """

    title: str
    extra: str
    purpose: str


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "torch": Part("PyTorch", "nets", "networks: train, validate, compare, paper"),
        "safetensors": Part("safetensors", "nets", "files of networks"),
        "pydantic": Part("pydantic", "nets", "settings of validate, compare and paper"),
        "jinja2": Part("Jinja", "nets", "reports"),
        "sklearn": Part("scikit-learn", "data", "the data sets iris, wine, diabetes and digits"),
        "pandas": Part("pandas", "pandas", "paths as tables"),
        "xarray": Part("xarray", "xarray", "paths with named dimensions"),
        "distributed": Part("Dask", "dask", "the paper's sweeps over a cluster"),
        "pyscipopt": Part("PySCIPOpt", "certify", "proofs of the optima of tiny networks"),
        "tensorboard": Part("TensorBoard", "tensorboard", "curves of a training"),
    }
)
"""Module → what it is. The extra `all` brings every one of them."""


class MissingPartError(InputError, ImportError):
    """A library that only some uses need is not installed; the message names the extra that brings it."""


def is_there(module: str) -> bool:
    """Whether a library can be imported; nothing is imported for that."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def require(module: str, who: str) -> None:
    """Refuse to go on without a library.

    Parameters
    ----------
    module : str
        One of `PARTS`.
    who : str
        What needs it, for the message.

    Raises
    ------
    MissingPartError
        It is not installed.
    """
    if not is_there(module):
        part = PARTS[module]
        raise MissingPartError(
            f"{who} needs {part.title}, which is not installed; it comes with pip install 'geodepth[{part.extra}]'"
        )
