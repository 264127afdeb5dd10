"""Read-only copies: as their originals were, whatever happens to these, and not to be changed themselves."""

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from geodepth.foundation.frozen_copies import FrozenDict, frozen


def test_copies_keep_what_they_copied() -> None:
    original: dict[str, Any] = {"a": [1, [2]], "b": {"c": np.arange(3.0)}, "d": {4}}
    copied = frozen(original)
    original["a"][1].append(3)
    original["b"]["c"][:] = 7.0
    original.clear()
    assert copied["a"] == (1, (2,))
    assert copied["b"]["c"].tolist() == [0.0, 1.0, 2.0]
    assert copied["d"] == frozenset({4})


def test_copies_refuse_changes_and_are_dictionaries_all_the_same() -> None:
    copied = frozen({"a": 1})
    for change in (
        lambda: copied.update(b=2),
        lambda: copied.pop("a"),
        lambda: copied.setdefault("b", 2),
        lambda: copied.__setitem__("a", 2),
        lambda: copied.__delitem__("a"),
        lambda: copied.__ior__({"b": 2}),
        copied.clear,
        copied.popitem,
    ):
        with pytest.raises(TypeError, match="make a new record"):
            change()
    assert copied == {"a": 1}
    assert copied | {"b": 2} == {"a": 1, "b": 2}
    assert json.dumps(copied) == '{"a": 1}'
    for again in (pickle.loads(pickle.dumps(copied)), copy.deepcopy(copied), copy.copy(copied), frozen(copied)):
        assert again == copied
        assert type(again) is FrozenDict
    with pytest.raises(ValueError, match="read-only"):
        frozen(np.zeros(2))[0] = 1.0
