"""Tensors with metadata: aligned as the format asks, and refused wherever a byte of their content has changed."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.safetensors_files import read_tensors, write_tensors


@pytest.mark.parametrize("length", range(9))
def test_headers_end_at_a_multiple_of_eight_bytes(length: int, tmp_path: Path) -> None:
    path = write_tensors(tmp_path / "a.safetensors", save({"a": np.arange(3.0)}), {"name": "x" * length})
    assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0
    tensors, metadata = read_tensors(path, "numpy")
    np.testing.assert_array_equal(tensors["a"], np.arange(3.0))
    assert metadata == {"name": "x" * length}


def test_every_changed_byte_of_the_content_is_told(tmp_path: Path) -> None:
    """With many changes the digest is larger than the right one, and smaller."""
    path = write_tensors(tmp_path / "a.safetensors", save({"a": np.arange(3.0)}), {"name": "x"})
    whole = path.read_bytes()
    for place in range(len(whole) - 24, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DamagedFileError, match="its content is not what was written"):
            read_tensors(path, "numpy")


def stated(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DamagedFileError) as caught:
        read_tensors(path, "numpy")
    return str(caught.value)


@pytest.mark.parametrize("count", range(1, 6))
def test_tensors_of_every_number_come_back_in_both_frameworks(count: int, tmp_path: Path) -> None:
    """Headers of other lengths, among them those where adding eight carries."""
    written = {"t" * (3 * i + 1): np.arange(i + 1, dtype=np.float32) for i in range(count)}
    path = write_tensors(tmp_path / "a.safetensors", save(written), {})
    assert read_tensors(path, "numpy")[0].keys() == written.keys()
    tensors, metadata = read_tensors(path, "pt")
    assert metadata == {}
    for name, array in written.items():
        np.testing.assert_array_equal(read_tensors(path, "numpy")[0][name], array)
        assert tensors[name].tolist() == array.tolist()
    # What was read does not follow the file.
    path.write_bytes(path.read_bytes().replace(np.arange(1, dtype=np.float32).tobytes(), b"\xff" * 4))
    assert tensors["t"].tolist() == [0.0]


def test_the_same_content_in_another_order_gives_the_same_bytes(tmp_path: Path) -> None:
    header = {name: {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]} for i, name in enumerate("ab")}
    turned: dict[str, Any] = dict(reversed(header.items()))
    one = write_tensors(tmp_path / "one", stated(header, b"12"), {"a": 1, "b": 2}).read_bytes()
    assert one == write_tensors(tmp_path / "two", stated(turned, b"12"), {"b": 2, "a": 1}).read_bytes()
    # A header that another tool has put in another order says the same.
    length = int.from_bytes(one[:8], "little")
    turned = dict(reversed(json.loads(one[8 : 8 + length]).items()))
    held = json.loads(turned["__metadata__"]["geodepth"])
    turned["__metadata__"] = {"geodepth": json.dumps(dict(reversed(held.items())))}
    (tmp_path / "two").write_bytes(stated(turned, b"12"))
    tensors, metadata = read_tensors(tmp_path / "two", "numpy")
    assert metadata == {"a": 1, "b": 2}
    assert {name: bytes(array) for name, array in tensors.items()} == {"a": b"1", "b": b"2"}


def test_headers_of_every_refused_kind(tmp_path: Path) -> None:
    path, none = tmp_path / "a.safetensors", "it does not begin with the length of a header"
    assert refusal(path, b"") == none
    assert refusal(path, struct.pack("<Q", 2)[:7]) == none
    assert refusal(path, struct.pack("<Q", 100_000_001) + b"{}") == none
    # So long a header is believed, and missing.
    assert refusal(path, struct.pack("<Q", 100_000_000) + b"{}").startswith("SafetensorError: ")
    assert refusal(path, stated([1])) == "its header is no JSON object"
    assert refusal(path, stated(b"{")).startswith("JSONDecodeError: ")
    assert refusal(path, stated({"__metadata__": {"geodepth": "[]"}})) == "its metadata is no JSON object"
    assert refusal(path, stated({"__metadata__": "text"})) == "its metadata is no JSON object"
    unknown = {"a": {"dtype": "unheard of", "shape": [1], "data_offsets": [0, 1]}}
    assert refusal(path, stated(unknown, b"1")).startswith("SafetensorError: ")
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "nowhere", "numpy")
    assert refusal(path, stated({}, b"more")).startswith("SafetensorError: ")


def test_files_without_our_metadata_are_read(tmp_path: Path) -> None:
    headers: tuple[dict[str, object], ...] = ({}, {"__metadata__": {}}, {"__metadata__": {"geodepth": "{}"}})
    for header in headers:
        (tmp_path / "a").write_bytes(stated(header))
        assert read_tensors(tmp_path / "a", "numpy") == ({}, {})
