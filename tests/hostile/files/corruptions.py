"""Drawn damage to files: every operation turns the bytes of a good file into those of one that is not what it was.

`corrupted(draw, kind, content)` draws an operation that belongs to a kind of file ("npz", "safetensors", "text"), and
applies it. `outcome(load, path)` says what came of loading: the line of a typed error, or what was read. The files are
those of `good_files`.
"""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from hypothesis import strategies as st

from geodepth.foundation.errors import InputError

T = TypeVar("T")


class Draw(Protocol):
    """What draws from a strategy, as `data.draw` does."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """One value."""


LIES: tuple[Any, ...] = (None, [], {}, "", "x", -1, 0, 1e300, float("nan"), True, [[1]], {"a": []})
"""What stands where something else should."""


def outcome(load: Callable[[Path], Mapping[str, Any]], path: Path) -> Mapping[str, Any] | str:
    """What a loader gives, or the line in which it refuses; any other exception goes through, and so is a failure."""
    try:
        return load(path)
    except InputError as error:
        text = str(error)
        assert text.strip(), "an error without words"
        assert "\n" not in text, f"an error of several lines: {text}"
        return text


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two loaded files hold the same, to the last bit; NaN equals NaN."""
    return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)


def _same(one: Any, other: Any) -> bool:
    a, b = np.asarray(one), np.asarray(other)
    return a.dtype == b.dtype and a.shape == b.shape and (a.tobytes() == b.tobytes() or repr(one) == repr(other))


def corrupted(draw: Draw, kind: str, content: bytes) -> tuple[bytes, str]:
    """The bytes after a drawn operation that belongs to the kind of file, and the operation's name."""
    operations = BYTES | {"npz": _ARCHIVE, "safetensors": _TENSORS, "text": _TEXT}[kind]
    name = draw(st.sampled_from(sorted(operations)))
    return operations[name](draw, content), name


def cut(draw: Draw, content: bytes) -> bytes:
    """The beginning alone."""
    return content[: draw(st.integers(0, max(0, len(content) - 1)))]


def flip(draw: Draw, content: bytes) -> bytes:
    """A few bits changed."""
    changed = bytearray(content)
    for at in draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        changed[at] ^= draw(st.integers(1, 255))
    return bytes(changed)


def overwrite(draw: Draw, content: bytes) -> bytes:
    """A run of bytes replaced by zeros, by ones, or by noise."""
    begin = draw(st.integers(0, len(content) - 1))
    end = min(len(content), begin + draw(st.integers(1, 64)))
    filling = draw(st.sampled_from((b"\x00", b"\xff", b"{", b"\x80")))
    return content[:begin] + filling * (end - begin) + content[end:]


def insert(draw: Draw, content: bytes) -> bytes:
    """Bytes that do not belong there."""
    at = draw(st.integers(0, len(content)))
    return content[:at] + draw(st.binary(min_size=1, max_size=32)) + content[at:]


def other_format(draw: Draw, content: bytes) -> bytes:
    """Another file altogether."""
    return draw(st.sampled_from((b"", b"\x00" * 64, b"PK\x05\x06" + b"\x00" * 18, b"\x89PNG\r\n\x1a\n", *_foreign())))


def _foreign() -> tuple[bytes, ...]:
    array = io.BytesIO()
    np.save(array, np.arange(3.0))
    words = io.BytesIO()
    with zipfile.ZipFile(words, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    nested = ("[" * 100_000).encode()
    return (array.getvalue(), words.getvalue(), nested, b'{"a":' * 50_000, b"a = " + b"[" * 5_000)


def members_of(content: bytes) -> dict[str, bytes]:
    """The members of a zip file, as they stand."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return buffer.getvalue()


def _array(member: bytes) -> np.ndarray:
    return np.asarray(np.load(io.BytesIO(member), allow_pickle=False))


def _member(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def swap_members(draw: Draw, content: bytes) -> bytes:
    """Two members under each other's name."""
    members = members_of(content)
    one, other = draw(st.permutations(sorted(members)))[:2]
    members[one], members[other] = members[other], members[one]
    return archive_of(members)


def rename_member(draw: Draw, content: bytes) -> bytes:
    """A member under a name that it has not."""
    members = members_of(content)
    name = draw(st.sampled_from(sorted(members)))
    new = draw(st.sampled_from(("x.npy", "x", "../x.npy", "metadata.npy", f"{name}.npy", "weights.npy")))
    return archive_of({(new if key == name else key): value for key, value in members.items()})


def drop_member(draw: Draw, content: bytes) -> bytes:
    """A member less."""
    members = members_of(content)
    del members[draw(st.sampled_from(sorted(members)))]
    return archive_of(members)


def add_member(draw: Draw, content: bytes) -> bytes:
    """A member more."""
    extra = draw(st.sampled_from(("x.npy", "readme.txt", "folder/", "x.pkl")))
    return archive_of(members_of(content) | {extra: b"" if extra.endswith("/") else _member(np.zeros(2))})


def change_array(draw: Draw, content: bytes) -> bytes:
    """An array of another type, another shape, or with numbers that are none."""
    members = members_of(content)
    name = draw(st.sampled_from(sorted(members)))
    array = _array(members[name])
    how = draw(st.sampled_from(("dtype", "shape", "nan", "object", "empty", "huge", "scalar", "text")))
    if how == "dtype" and array.dtype.kind in "fib":
        array = array.astype(draw(st.sampled_from(("f4", "f2", "c16", "i8", "?", ">f8", "M8[s]"))))
    elif how == "shape":
        array = draw(st.sampled_from((array[None], array.reshape(-1), array.T[..., None], np.stack([array, array]))))
    elif how in ("nan", "huge") and array.dtype.kind == "f" and array.size:
        array = array.copy()
        array.flat[draw(st.integers(0, array.size - 1))] = np.nan if how == "nan" else 1e308
    elif how == "object":
        array = np.array([print, None], dtype=object)
    elif how == "empty":
        array = array.reshape(-1)[:0]
    elif how == "scalar":
        array = np.array(3.0)
    else:
        array = np.array(["a", "b"])
    return archive_of(members | {name: _member(array)})


def change_metadata(draw: Draw, content: bytes) -> bytes:
    """One value of the metadata replaced, or its text by something else."""
    members = members_of(content)
    if "metadata.npy" not in members:
        return cut(draw, content)
    try:
        metadata = json.loads(str(_array(members["metadata.npy"])))
    except ValueError:
        return cut(draw, content)
    text = draw(st.sampled_from(("{}", "[]", "null", "{", "[" * 100_000, "9" * 5_000, None)))
    if text is None:
        name = draw(st.sampled_from(sorted(metadata)))
        lie = draw(st.sampled_from((*LIES, "drop")))
        metadata = {key: value for key, value in metadata.items() if key != name} | (
            {} if lie == "drop" else {name: lie}
        )
        text = json.dumps(metadata)
    return archive_of(members | {"metadata.npy": _member(np.array(text))})


def lie_in_header(draw: Draw, content: bytes) -> bytes:
    """An array whose header claims what is not there: up to 7 TiB, or what no header says."""
    members = members_of(content)
    name = draw(st.sampled_from(sorted(members)))
    header = draw(
        st.sampled_from(
            (
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }",
                "{'descr': '<f8', 'fortran_order': True, 'shape': (-2, -3), }",
                "{'descr': '<U2000000000', 'fortran_order': False, 'shape': (3,), }",
                "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
                "{'descr': '<f8', 'fortran_order': False}",
                "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
                "(" * 200,
                "{'descr': " + "-" * 3000 + "1}",
                "é\0",
            )
        )
    )
    text = header.encode("latin1", "replace")
    version = draw(st.sampled_from((b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00")))
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text))
    return archive_of(members | {name: b"\x93NUMPY" + version + length + text + members[name][128:]})


def compress_otherwise(draw: Draw, content: bytes) -> bytes:
    """The same members, compressed in a way that NumPy does not use, and perhaps damaged after that."""
    method = draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    again = archive_of(members_of(content), method)
    return flip(draw, again) if draw(st.booleans()) else again


def lie_in_directory(draw: Draw, content: bytes) -> bytes:
    """The zip directory says otherwise: encrypted, another method, another sum, another size."""
    at = content.rfind(b"PK\x01\x02")
    field, size = draw(st.sampled_from(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (42, 4))))
    lie = draw(st.sampled_from((b"\x01\x00\x00\x00", b"\xff\xff\xff\xff", b"\x63\x00\x00\x00", b"\x00\x00\x00\x70")))
    return content[: at + field] + lie[:size] + content[at + field + size :]


def _header_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:end]), content[end:]


def _tensors_of(header: str, data: bytes) -> bytes:
    return struct.pack("<Q", len(header.encode())) + header.encode() + data


def change_tensor(draw: Draw, content: bytes) -> bytes:
    """A tensor under another name, of another type, with another shape, or elsewhere."""
    header, data = _header_of(content)
    name = draw(st.sampled_from(sorted(key for key in header if key != "__metadata__")))
    entry = header[name]
    how = draw(st.sampled_from(("rename", "dtype", "shape", "offsets", "drop", "none")))
    if how == "rename":
        header["x"] = header.pop(name)
    elif how == "dtype":
        entry["dtype"] = draw(st.sampled_from(("F32", "F8_E4M3", "F8_E5M2", "BF16", "I64", "BOOL", "U8", "X", 3)))
    elif how == "shape":
        shape = entry["shape"]
        entry["shape"] = draw(st.sampled_from(([1, *shape], shape[::-1], [], [2**40, 2**40], [-1], "x", [1.5])))
    elif how == "offsets":
        entry["data_offsets"] = draw(st.sampled_from(([0, 8], [8, 0], [0, 2**62], [-1, 8], [], "x")))
    elif how == "drop":
        del header[name]
    else:
        header[name] = draw(st.sampled_from((None, [], {}, 3)))
    return _tensors_of(json.dumps(header), data)


def change_header(draw: Draw, content: bytes) -> bytes:
    """One value of the metadata replaced by another, or its text by none."""
    header, data = _header_of(content)
    own = json.loads(header["__metadata__"]["geodepth"])
    text = draw(st.sampled_from(("{}", "[]", "null", "{", "[" * 100_000, "9" * 5_000, None)))
    if text is None:
        name = draw(st.sampled_from(sorted(own)))
        lie = draw(st.sampled_from(LIES))
        inside = own[name]
        if isinstance(inside, dict) and inside and draw(st.booleans()):
            inside[draw(st.sampled_from(sorted(inside)))] = lie
        else:
            own[name] = lie
        text = json.dumps(own)
    header["__metadata__"] = draw(st.sampled_from(({"geodepth": text}, {"geodepth": text, "x": "y"}, None, [], {})))
    return _tensors_of(json.dumps(header), data)


def lie_in_length(draw: Draw, content: bytes) -> bytes:
    """A header that is longer or shorter than it says."""
    length = draw(st.sampled_from((0, 1, 7, 99_999_999, 2**32, 2**63, 2**64 - 1)))
    return struct.pack("<Q", length) + content[8:]


def change_text(draw: Draw, content: bytes) -> bytes:
    """Text in another encoding, or with something put in front."""
    text = content.decode()
    how = draw(st.sampled_from(("utf-16", "latin-1", "bom", "nul", "before", "nested")))
    if how in ("utf-16", "latin-1"):
        return f"# ä\n{text}".encode(how)
    return {
        "bom": b"\xef\xbb\xbf" + content,
        "nul": b"\0" + content,
        "before": draw(st.sampled_from((b"x", b"]", b"=", b'"""', b"[a]\n", b"a = 1\na = 2\n"))) + content,
        "nested": b"a = " + b"[" * 3000 + b"]" * 3000 + b"\n" + content,
    }[how]


def change_value(draw: Draw, content: bytes) -> bytes:
    """A TOML value of another kind: an endless number, a date, a table where a number belongs."""
    lines = content.decode().splitlines()
    places = [i for i, line in enumerate(lines) if " = " in line]
    at = draw(st.sampled_from(places))
    value = draw(
        st.sampled_from(
            (
                "1979-05-27T07:32:00Z", "07:32:00", "1979-13-45", "9" * 5000, "-1", "1e400", "nan", "inf", "[]", "{}",
                '""', '"x"', "true", "[[1]]", "{a = {b = {c = 1}}}", "0x" + "f" * 400, "2.5", '"\\u0000"', "[1, 'a']",
            )
        )
    )  # fmt: skip
    lines[at] = f"{lines[at].partition(' = ')[0]} = {value}"
    return "\n".join(lines).encode()


# Damage that a disk or a line does: it cannot make another good archive.
BYTES = {"cut": cut, "flip": flip, "overwrite": overwrite, "insert": insert, "other format": other_format}
_ARCHIVE = {
    "swap members": swap_members, "rename a member": rename_member, "drop a member": drop_member,
    "add a member": add_member, "change an array": change_array, "change metadata": change_metadata,
    "lie in a header": lie_in_header, "compress otherwise": compress_otherwise,
    "lie in the directory": lie_in_directory,
}  # fmt: skip
_TENSORS = {"change a tensor": change_tensor, "change the header": change_header, "lie in the length": lie_in_length}
_TEXT = {"change the text": change_text, "change a value": change_value}
