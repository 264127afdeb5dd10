"""The house keeps its plan: what is installed, under which names, and which room may import which."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from geodepth.foundation.optional_parts import PARTS

ROOT = Path(__file__).parent.parent
ROOMS = ("foundation", "control", "nets", "validation", "cli")
# The folders of validation that may call the towers.
BRIDGES = {"bridge", "pipeline", "experiments"}


def modules() -> list[Path]:
    return sorted(p.relative_to(ROOT) for room in ROOMS for p in (ROOT / room).rglob("*.py"))


def data_files() -> list[Path]:
    """What the packages hold beside modules: templates, style, script, marks of typing."""
    every = (p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return sorted(p.relative_to(ROOT) for p in every if p.suffix != ".py")


def imports(path: Path) -> set[str]:
    """Absolute names of everything that a module imports, at any depth, with relative names resolved."""
    found = set()
    package = ["geodepth", *path.parent.parts]
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            found |= {prefix, *(f"{prefix}.{alias.name}" for alias in node.names)}
    return found


def reaches(path: Path, *targets: str) -> set[str]:
    return {name for name in imports(path) for target in targets if name == target or name.startswith(f"{target}.")}


@pytest.mark.parametrize("path", modules(), ids=str)
def test_arrows(path: Path) -> None:
    room = path.parts[0]
    forbidden = {
        "foundation": ("torch", "casadi", "geodepth.control", "geodepth.nets", "geodepth.validation", "geodepth.cli"),
        "control": ("torch", "geodepth.nets", "geodepth.validation", "geodepth.cli"),
        "nets": ("casadi", "geodepth.control", "geodepth.validation", "geodepth.cli"),
        "validation": ("torch", "casadi", "geodepth.control", "geodepth.nets", "geodepth.cli"),
        "cli": (),
    }[room]
    if room == "validation" and path.parts[1] in BRIDGES:
        # They hand a dtype and a generator to the networks, so they may name torch; casadi stays behind control.
        forbidden = ("casadi", "geodepth.cli")
    assert not reaches(path, *forbidden)
    # `control` alone is the python-control library; ours is geodepth.control.
    assert not reaches(path, *ROOMS)


def test_files_that_contributors_are_sent_to_are_there() -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", (ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_folders_and_files_stay_small() -> None:
    folders = {path.parent for path in modules()}
    assert [f for f in folders if len(list((ROOT / f).glob("*.py"))) > 14] == []
    assert [p for p in modules() if len((ROOT / p).read_text().splitlines()) > 400] == []


def records(path: Path) -> list[tuple[ast.ClassDef, set[str]]]:
    """The dataclasses of a module, and which of a dataclass's switches they turn on."""
    found, text = [], (ROOT / path).read_text()
    nodes = ast.walk(ast.parse(text)) if "@dataclass" in text else ()
    for node in (node for node in nodes if isinstance(node, ast.ClassDef)):
        for decorator in node.decorator_list:
            if ast.unparse(decorator).startswith("dataclass"):
                given = decorator.keywords if isinstance(decorator, ast.Call) else []
                found.append((node, {k.arg or "" for k in given if ast.unparse(k.value) == "True"}))
    return found


def test_records_are_frozen_and_slotted() -> None:
    """But for those that assign to their own attributes, and those that keep what they computed once."""
    every = [(path, *record) for path in modules() for record in records(path)]
    assert len(every) > 100
    for path, node, switches in every:
        stores = any(isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) for part in ast.walk(node))
        keeps = any(isinstance(part, ast.Name) and part.id == "cached_property" for part in ast.walk(node))
        assert "frozen" in switches or stores, f"{path}: {node.name}"
        assert ("slots" in switches) != keeps, f"{path}: {node.name}"


def test_nothing_is_named_utils() -> None:
    assert [p for p in modules() if "util" in p.name or "helper" in p.name] == []


@pytest.mark.parametrize(
    ("room", "absent"), [("control", "torch"), ("nets", "casadi"), ("validation", "torch"), ("validation", "casadi")]
)
def test_importing_a_room_leaves_the_other_tower_out(room: str, absent: str) -> None:
    code = f"import geodepth.{room}, sys; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_wheel_of_the_source_distribution_holds_every_module_and_data_file(tmp_path: Path) -> None:
    """And no top-level `control`."""
    # From a copy: a build folder left by an earlier build would put modules in that are gone.
    source = tmp_path / "source"
    for name in (*ROOMS, "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(ROOT / name, source / name)
    # Without --wheel, build makes the wheel of the source distribution.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (*modules(), *data_files()):
        assert f"geodepth/{path.as_posix()}" in names
    assert {path.suffix for path in data_files()} >= {".jinja", ".css", ".js", ".typed"}
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"geodepth"}
    assert {f"geodepth/{room}/py.typed" for room in ROOMS} <= names


def requirements(lines: list[str]) -> set[str]:
    return {re.split("[><=]", line)[0] for line in lines}


def test_the_extra_that_a_line_names_brings_what_was_missing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    plain, extras = requirements(project["dependencies"]), project["optional-dependencies"]
    for module, part in PARTS.items():
        name = {"sklearn": "scikit-learn"}.get(module, module)
        assert name not in plain
        assert name in requirements(extras[part.extra])
    (every,) = extras["all"]
    assert {part.extra for part in PARTS.values()} - {"data"} == set(re.findall(r"\w+", every)[1:])


def test_the_citation_has_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
