"""Arguments of RepresentationGeodesic and solve_geodesic: taken in their plain type, or refused in one line."""

from typing import Any

import numpy as np
import pytest

from geodepth.control import ProblemError, RepresentationGeodesic, solve_geodesic

STATED: dict[str, Any] = {
    "inputs": np.array([[1.0, -0.5]]),
    "targets": np.array([[0.5, 0.3]]),
    "width": 2,
    "effective_depth": 1.0,
    "weight_decay": 0.1,
}
GEODESIC = RepresentationGeodesic(**STATED)
NEVER = [None, "abc", "", b"3", float("nan"), float("inf"), -1, 1 + 2j, [1, 2], {}, object(), np.ma.masked, np.zeros(2)]
"""What no number, no name and no choice is; None is said for itself where it means something."""


@pytest.mark.parametrize("name", ["width", "effective_depth", "weight_decay", "bias", "activation", "endpoint", "loss"])
@pytest.mark.parametrize("value", NEVER, ids=[repr(value).split(" at 0x")[0] for value in NEVER])
def test_a_geodesic_refuses_what_is_no_value(name: str, value: object) -> None:
    with pytest.raises(ProblemError, match=name) as refused:
        RepresentationGeodesic(**{**STATED, name: value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([[1 + 1j, 2]]), "numbers of type complex128"),
        (np.ma.array([[1.0, 2.0]], mask=[[False, True]]), "masked at"),
        ([["1", "2"]], "text or objects"),
        ([[1.0, 2.0], [3.0]], "ragged"),
        (np.array([[1.0, np.inf]]), "holds inf at index"),
        (np.array([[1e200, 1.0]]), "of size 1.0e\\+200, whose powers overflow"),
        (np.array([[2**60, 1]]), "2\\*\\*53"),
    ],
    ids=["complex", "masked", "text", "ragged", "infinite", "huge", "whole"],
)
@pytest.mark.parametrize("name", ["inputs", "targets", "embedding", "readout"])
def test_arrays_mean_what_they_say(name: str, value: object, message: str) -> None:
    with pytest.raises(ProblemError, match=f"{name}.*{message}"):
        RepresentationGeodesic(**{**STATED, name: value})


@pytest.mark.parametrize(
    "name",
    ["layers", "scheme", "starts", "seed", "executor", "progress", "solver", "tolerance", "exact_candidates",
     "bracket", "hops", "noise", "mesh"],
)  # fmt: skip
@pytest.mark.parametrize("value", NEVER, ids=[repr(value).split(" at 0x")[0] for value in NEVER])
def test_a_search_refuses_what_is_no_value(name: str, value: object) -> None:
    if name in ("executor", "starts") and value is None:
        return
    with pytest.raises(ProblemError, match=name) as refused:
        solve_geodesic(GEODESIC, **{"layers": 3, "starts": 1, "progress": False, name: value})  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 10**400}, "width 1000.*of memory"),
        ({"width": 2**64}, "of memory"),
        ({"inputs": np.ones((1, 3))}, "3 samples and targets 2"),
    ],
)
def test_a_geodesic_that_no_memory_holds(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        RepresentationGeodesic(**STATED | changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layers": 10**12}, "1000000000000 layers.*of memory"),
        ({"starts": 10**400}, "starts.*of memory"),
        ({"hops": 2**64}, "starts.*of memory"),
        ({"noise": 1e300}, "noise is 1e\\+300"),
        ({"layer_steps": ["a"]}, "layer_steps holds text"),
        ({"layer_steps": {}}, "layer_steps holds text or objects"),
        ({"warm_starts": 3}, "warm_starts is 3"),
        ({"warm_starts": np.array(3.0)}, "warm_starts is array"),
        ({"warm_starts": [[1.0]]}, "warm_starts\\[0\\] has shape"),
        ({"warm_starts": [np.full((3, 2, 3), np.nan)]}, "warm_starts\\[0\\] holds nan"),
        ({"journal": ""}, "journal is ''"),
        ({"journal": 3}, "journal is 3"),
        ({"mesh": "equidistributed", "scheme": "rk4", "most_layers": "3"}, "most_layers is '3'"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_search_refuses_what_it_cannot_do(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        solve_geodesic(GEODESIC, **{"layers": 3, "starts": 1, "progress": False, **changed})


def test_numpy_scalars_are_numbers() -> None:
    scalars: dict[str, Any] = {"width": np.int64(2), "effective_depth": np.float32(1), "bias": np.bool_(True)}
    stated = RepresentationGeodesic(**STATED | scalars)
    assert [type(getattr(stated, n)) for n in scalars] == [int, float, bool]
    asked: dict[str, Any] = {"layers": np.int32(3), "starts": np.uint8(1), "seed": 2**64, "progress": np.False_}
    found = solve_geodesic(stated, **asked | {"bracket": np.float32(1e-6), "tolerance": np.float64(1e-9)})
    assert found.cost == stated.objective(found.weights, found.layer_steps)


@pytest.mark.filterwarnings("error")
def test_huge_weights_and_noise_end_quietly() -> None:
    huge = np.full((2, 2, 3), 1e200)
    found = solve_geodesic(GEODESIC, layers=2, starts=1, noise=1e6, warm_starts=[huge], progress=False)
    assert found.cost <= GEODESIC.objective(np.zeros_like(huge), found.layer_steps)
