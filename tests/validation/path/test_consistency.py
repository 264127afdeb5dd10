from __future__ import annotations

from collections.abc import Callable

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.path.representation_path import RepresentationPath

Maker = Callable[..., RepresentationPath]


def test_from_arrays_names_the_layer_that_is_wrong(make_path: Maker) -> None:
    path = make_path()
    wrong = path.representations.copy()
    wrong[-1] += 0.1
    with pytest.raises(ValidationError, match="at layer 6"):
        RepresentationPath.from_arrays(
            wrong, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout,
            path.effective_depth, path.weight_decay,
        )  # fmt: skip


def test_other_schemes_need_momenta(make_path: Maker) -> None:
    path = make_path()
    with pytest.raises(ValidationError, match="momenta is None"):
        RepresentationPath.from_arrays(
            path.representations, path.weights, path.layer_steps, path.inputs, path.targets, path.embedding,
            path.readout, path.effective_depth, path.weight_decay, recursion="none",
        )  # fmt: skip
