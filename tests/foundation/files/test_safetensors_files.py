"""Tensors with metadata: aligned as the format asks, and refused wherever a byte of their content has changed."""

from pathlib import Path

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
