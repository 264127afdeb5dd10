"""Arrays of every kind and flaw: what arrives is what was given, or one line says what is wrong, in every room."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geodepth.foundation.argument_checks import ArgumentChecks
from geodepth.foundation.errors import InputError
from geodepth.nets import NetworkError
from geodepth.nets.tensor_checks import as_tensor
from geodepth.validation.data.arrays import from_arrays
from geodepth.validation.errors import ValidationError

CHECKS = ArgumentChecks()
TYPES = [
    "f2",
    "f4",
    "f8",
    ">f8",
    "g",
    "i1",
    "u1",
    "i4",
    "i8",
    "u8",
    "?",
    "c8",
    "c16",
    "U3",
    "S3",
    "O",
    "M8[s]",
    "m8[s]",
]
given_arrays = st.sampled_from(TYPES).flatmap(
    lambda kind: (
        arrays.arrays(np.dtype(kind), arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4))
        if kind != "O"
        else st.sampled_from(
            [np.array([[1, None]], object), np.array([[10**30, 1]], object), np.array([["a", 1.0]], object)]
        )
    )
)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(value=given_arrays, mask=st.booleans(), nested=st.booleans())
def test_what_arrives_is_what_was_given(value: Any, mask: bool, nested: bool) -> None:
    exact = value.dtype.kind in "fiub" and not mask
    whole = value.dtype.kind in "iu"
    if mask:
        value = np.ma.array(value, mask=np.zeros(value.shape, bool))
        value.mask[-1, -1] = True
    value = list(value) if nested else value
    try:
        array = CHECKS.array("a", value, (None, None), "(rows, columns)")
    except InputError as refusal:
        message = str(refusal)
        assert message.startswith("a ")
        assert "\n" not in message
        if exact:  # only for what a float64 does not hold, or what no computation can use
            assert "holds the whole number" in message if whole else "every entry must be finite" in message
        return
    assert exact
    plain = np.asarray(value)
    np.testing.assert_array_equal(array, plain.astype(np.float64))
    if plain.dtype.kind in "iu":
        assert all(int(a) == int(b) for a, b in zip(array.ravel(), plain.ravel(), strict=True))


@settings(derandomize=True, deadline=None, max_examples=200)
@given(value=given_arrays, dtype=st.sampled_from([torch.float32, torch.float64]))
def test_tensors_are_the_arrays_that_they_were_made_of(value: Any, dtype: torch.dtype) -> None:
    try:
        tensor = as_tensor("a", value, dtype, torch.device("cpu"))
    except NetworkError as refusal:
        assert str(refusal).startswith("a ")  # noqa: PT017
        assert "\n" not in str(refusal)  # noqa: PT017
        return
    assert value.dtype.kind in "fiub"
    rounding = 2.0**-24 if dtype == torch.float32 else 0.0
    np.testing.assert_allclose(tensor.double().numpy(), value.astype(float), rtol=rounding, atol=2e-45)


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(2, 2).to_sparse(),
        torch.empty(2, 2, device="meta"),
        torch.ones(2, 2, dtype=torch.complex64),
        torch.full((2, 2), 2**53),
        torch.full((2, 2), torch.nan, dtype=torch.bfloat16),
        np.ma.array([[1.0, 2.0]], mask=[[False, True]]),
        [np.ma.array([1.0, 2.0], mask=[False, True])],
        [[10**400, 1.5]],
        [[1.0, 2.0], [3.0]],
        [[1e-60, 1e-60]],
    ],
    ids=str,
)
def test_tensors_without_plain_numbers_are_refused(value: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        as_tensor("a", value, torch.float32, torch.device("cpu"))
    assert str(caught.value).startswith("a ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int8, torch.bool])
def test_tensors_of_few_bits_keep_their_values(dtype: torch.dtype) -> None:
    value = torch.tensor([[1, 0], [1, 1]]).to(dtype)
    assert torch.equal(as_tensor("a", value, torch.float64, torch.device("cpu")), value.double())


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    rows=arrays.arrays(np.float64, (2, 5), elements=st.floats(-1.0, 1.0), unique=True),
    exponent=st.integers(-300, 300),
    offset=st.sampled_from([0.0, 1.0, -1.0]),
)
def test_standardized_data_lead_back_to_the_raw_ones(rows: Any, exponent: int, offset: float) -> None:
    raw = (rows + offset) * 10.0**exponent
    try:
        data = from_arrays(raw, np.arange(5.0)[None])
    except ValidationError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017
        spread = np.ptp(raw, axis=1)
        if (spread > 1e-9 * np.abs(raw).max(axis=1)).all():  # not constant: then the size is the reason
            assert np.abs(raw).max() > 1e150 or spread.min() < 1e-150
        return
    s = data.standardization
    rounding = raw.shape[1] * np.finfo(float).eps * np.abs(raw).max(axis=1) / s.input_scale
    assert (np.abs(data.inputs.mean(axis=1)) <= np.maximum(1e-12, rounding)).all()
    back = data.inputs * s.input_scale[:, None] + s.input_mean[:, None]
    np.testing.assert_allclose(back, raw, rtol=1e-9, atol=1e-12 * np.abs(raw).max())
