"""Every code block of README and site runs, and the outputs shown are what it printed.

Blocks of one page run one after another, in one namespace and an empty folder. A `text` block behind a `python` block
is what it printed; "..." stands for anything. `console` blocks hold commands and what they print. Commands of `shell`
blocks are read, not run: they take minutes, or install.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import tyro
from markdown_it import MarkdownIt

from geodepth.cli.known_commands import COMMANDS, command_class
from geodepth.cli.main import main
from geodepth.cli.optional_types import REGISTRY

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if not {"built", "_build"} & set(page.parts)]
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and content of every block, also of those in lists, in tildes, and indented, which have no language."""
    found = [token for token in MarkdownIt().parse(page.read_text()) if token.type in ("fence", "code_block")]
    return [(token.info.strip(), token.content) for token in found if not token.info.startswith("{")]


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


def test_every_block_is_one_that_is_run_or_read() -> None:
    for page in PAGES:
        before = ""
        for language, content in blocks(page):
            assert language in ("python", "text", "console", "shell", "toml"), (
                f"{named(page)} has {language!r}: {content}"
            )
            assert language != "text" or before == "python", f"{named(page)}: what printed this?\n{content}"
            assert language != "toml" or tomllib.loads(content)
            before = language


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


def test_targets_and_scripts_that_pages_name_exist() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named_there = set()
    for page in PAGES:
        said = page.read_text()
        named_there |= (makes := set(re.findall(r"(?:^|`)make ([a-z]\w+)(?=[ `\n])", said, re.MULTILINE)))
        assert makes <= set(targets), named(page)
        for script in re.findall(r"(?:^|`)python (\w+/\w+\.py)", said, re.MULTILINE):
            assert (ROOT / script).exists(), f"{named(page)} names {script}"
    assert {"install", "run", "test", "docs"} <= named_there


def test_links_between_pages_lead_somewhere() -> None:
    """Those to what is built with the site are checked when it is built."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[\w-]*)?\)", page.read_text()):
            if "built/" not in target:
                assert (page.parent / target).exists(), f"{named(page)} links to {target}"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What writes the pages of the reference."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "extensions")
    return importlib.import_module("reference_pages")


def test_every_public_name_has_a_page(reference: ModuleType) -> None:
    pages = reference.pages()
    text = "\n".join(pages.values())
    for package in ("control", "control.problems", "nets", "validation", "validation.experiments"):
        for name in importlib.import_module(f"geodepth.{package}").__all__:
            assert f"{package.replace('.', '_')}/{name}.rst" in pages
            assert re.search(rf"(autoclass|autofunction|py:data):: geodepth\.{re.escape(package)}\.{name}\n", text)
    # How a path is shown is a base that solutions of one phase and of several share.
    for name in ("Solution", "MultiPhaseSolution"):
        assert re.search(r"^   :inherited-members: object$", pages[f"control/{name}.rst"], re.MULTILINE)
    assert ":inherited-members:" not in pages["control/Mesh.rst"]


def test_attributes_that_share_their_text_have_a_line_each(reference: ModuleType) -> None:
    head = ["One.", "", "Attributes", "----------"]
    foot = ["z : int", "    A number.", "", "Notes", "-----", "c, d : are no attributes."]
    metres = ["    In metres,", "    both."]
    given = [*head, "x, y : float", *metres, "a, b : str", *foot]
    assert reference.one_attribute_each(given) == [
        *head, "x : float", *metres, "y : float", *metres, "a : str", "b : str", *foot
    ]  # fmt: skip
    assert reference.one_attribute_each([*head, "x, y : float"]) == [*head, "x : float", "y : float"]
