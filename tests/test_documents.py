"""Every code block of README and site runs, and the outputs shown are what it printed.

Blocks of one page run one after another, in one namespace and an empty folder. A `text` block behind a `python` block
is what it printed; "..." stands for anything. `console` blocks hold commands and what they print. Commands of `shell`
blocks are read, not run: they take minutes, or install.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from pathlib import Path

import pytest
import tyro

from geodepth.cli.known_commands import COMMANDS, command_class
from geodepth.cli.main import main
from geodepth.cli.optional_types import REGISTRY

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if not {"built", "_build"} & set(page.parts)]
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and content of every fenced block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def check(wanted: str, got: str) -> None:
    assert doctest.OutputChecker().check_output(wanted, got, SAME), f"shown:\n{wanted}\nprinted:\n{got}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=named)
def test_blocks_run_and_print_what_is_shown(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    printed = ""
    for language, content in blocks(page):
        if language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(content, named(page), "exec"), names)
            printed = out.getvalue()
        elif language == "text" and printed:
            check(content, printed)
        elif language == "console":
            for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
                command, _, wanted = part.partition("\n")
                out = io.StringIO()
                with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
                    main(shlex.split(command)[1:])
                assert ended.value.code == 0
                check(wanted, out.getvalue())


def test_commands_that_are_not_run_are_command_lines() -> None:
    lines = [
        (named(page), line)
        for page in PAGES
        for language, content in blocks(page)
        if language == "shell"
        for line in content.splitlines()
        if line.startswith("geodepth ") and line.split()[1] in COMMANDS
    ]
    assert len(lines) > 10
    config = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)
    for _, line in lines:
        _, name, *words = shlex.split(line.partition(" #")[0].partition(" >")[0])
        assert tyro.cli(command_class(name), args=words, config=config, registry=REGISTRY).run


def test_links_between_pages_lead_somewhere() -> None:
    """Those to what is built with the site are checked when it is built."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[\w-]*)?\)", page.read_text()):
            if "built/" not in target:
                assert (page.parent / target).exists(), f"{named(page)} links to {target}"


def test_every_public_name_has_a_page() -> None:
    import importlib
    import sys

    sys.path.insert(0, str(ROOT / "docs" / "extensions"))
    try:
        pages = importlib.import_module("reference_pages").pages()
    finally:
        sys.path.pop(0)
    text = "\n".join(pages.values())
    for package in ("control", "control.problems", "nets", "validation", "validation.experiments"):
        for name in importlib.import_module(f"geodepth.{package}").__all__:
            assert f"{package.replace('.', '_')}/{name}.rst" in pages
            assert re.search(rf"(autoclass|autofunction|py:data):: geodepth\.{re.escape(package)}\.{name}\n", text)
    # How a path is shown is a base that solutions of one phase and of several share.
    for name in ("Solution", "MultiPhaseSolution"):
        assert re.search(r"^   :inherited-members: object$", pages[f"control/{name}.rst"], re.MULTILINE)
    assert ":inherited-members:" not in pages["control/Mesh.rst"]
