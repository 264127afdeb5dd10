"""Public docstrings keep NumPy's sections: every argument and field has its line, and sentences stay short."""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docstring_parser
import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("foundation", "control", "nets", "validation", "cli")
FACADES = ("control", "control.problems", "nets", "validation", "validation.experiments")
ONE_SENTENCE = 3
"""Arguments up to which a docstring may name them in its sentence, without a section. One alone needs no name."""
LONGEST_SENTENCE = 60
"""Words; chosen by hand, far above what a reader takes in at once, so that only walls of text fail."""


def public_names() -> list[tuple[str, str]]:
    return [
        (f"geodepth.{room}", name) for room in FACADES for name in importlib.import_module(f"geodepth.{room}").__all__
    ]


def documented(text: str | None) -> set[str]:
    """Names that the sections Parameters and Attributes of a docstring describe."""
    parsed = docstring_parser.parse(text or "", docstring_parser.DocstringStyle.NUMPYDOC)
    return {part.strip().lstrip("*") for found in parsed.params for part in found.arg_name.split(",")}


def said_below(thing: Any) -> set[str]:
    """Fields of a record that have a sentence of their own below them, which the command line shows as their help."""
    body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0].body  # type: ignore[attr-defined]
    below = itertools.pairwise(body)
    return {
        first.target.id
        for first, second in below
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and isinstance(second, ast.Expr)
    }


def arguments(function: Any) -> set[str]:
    return {name.lstrip("*") for name in inspect.signature(function).parameters} - {"self", "cls"}


def expected(thing: Any) -> set[str]:
    if dataclasses.is_dataclass(thing):
        return {field.name for field in dataclasses.fields(thing) if not field.name.startswith("_")}
    if inspect.isclass(thing) and (
        issubclass(thing, enum.Enum | BaseException) or getattr(thing, "_is_protocol", False)
    ):
        return set()
    return arguments(thing.__init__ if inspect.isclass(thing) else thing)


def methods(thing: Any) -> Iterator[tuple[str, Any]]:
    for name, member in vars(thing).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


@pytest.mark.parametrize(("room", "name"), public_names())
def test_every_argument_and_field_has_its_line(room: str, name: str) -> None:
    thing = getattr(importlib.import_module(room), name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return
    text = inspect.getdoc(thing)
    if inspect.isclass(thing) and not dataclasses.is_dataclass(thing) and thing.__init__.__doc__:
        text = f"{text}\n\n{inspect.getdoc(thing.__init__)}"
    assert text, f"{name} has no docstring"
    missing = expected(thing) - documented(text)
    if dataclasses.is_dataclass(thing):
        missing -= said_below(thing)
    if len(expected(thing)) == 1:
        missing = set()
    elif len(expected(thing)) <= ONE_SENTENCE:
        missing -= {argument for argument in missing if argument in text}
    assert not missing, f"{name}: the docstring has no line for {sorted(missing)}"
    if inspect.isclass(thing):
        for method, function in methods(thing):
            assert function.__doc__, f"{name}.{method} has no docstring"
            lacking = arguments(function) - documented(inspect.getdoc(function))
            if len(arguments(function)) == 1 or "as `" in function.__doc__:  # as a method that it names does
                continue
            if len(arguments(function)) <= ONE_SENTENCE:
                lacking -= {argument for argument in lacking if argument in function.__doc__}
            assert not lacking, f"{name}.{method}: the docstring has no line for {sorted(lacking)}"


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Any]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{inside}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from functions(node, f"{inside}{node.name}.")


FILES = sorted(path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("file", FILES)
def test_files_functions_and_sentences(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    texts = {"the file": ast.get_docstring(tree)} | {name: ast.get_docstring(node) for name, node in functions(tree)}
    assert texts["the file"], "the file does not say what it holds"
    bare = [
        name
        for name, node in functions(tree)
        if "." not in name and isinstance(node, ast.FunctionDef) and not texts[name]
    ]
    assert not bare, f"no docstring: {bare}"
    if file.endswith("__init__.py"):
        return  # they list their files
    for name, text in texts.items():
        for sentence in re.split(r"(?<=[.:;])\s|\n\s*\n|\n\s*[-*]\s|\n\s*\d+\. |\n-{3,}\n", text or ""):
            words = len(sentence.split())
            assert words <= LONGEST_SENTENCE, f"{name}: a sentence of {words} words: {' '.join(sentence.split())[:80]}…"
