"""A page for every public name: what stands in a package's `__all__` is in the reference, with no list besides.

Docstrings are plain text with NumPy's sections. Letters that reStructuredText would take as markup are escaped, so that
|x|, x* and A_ stay what they are.
"""

import enum
import functools
import importlib
import inspect
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref

DOCS = Path(__file__).parent.parent
PLACE = DOCS / "built" / "reference"
PRIVATE = ("geodepth.cli",)
"""Packages whose `__all__` is not for users to import."""


def setup(app: Any) -> dict[str, bool]:
    """Write the pages before Sphinx looks for them, and clean docstrings as they are read."""
    app.connect("builder-inited", lambda _: write_pages(PLACE))
    app.connect("autodoc-process-docstring", _escape, priority=100)
    app.connect("doctree-read", _link_public_names)
    return {"parallel_read_safe": True}


def _link_public_names(app: Any, tree: nodes.document) -> None:
    """Types in docstrings are words, such as (samples, width): public names among them lead to their pages."""
    for link in list(tree.findall(pending_xref)):
        if link.get("refdomain") == "py" and link["reftarget"] not in homes().values():
            if link["reftarget"] in homes():
                link["reftarget"] = homes()[link["reftarget"]]
            else:
                link.replace_self(link.children)


def facades() -> dict[str, list[str]]:
    """Every installed package that hands on names, with them."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())
    found: dict[str, list[str]] = {}
    for package in project["tool"]["setuptools"]["packages"]:
        names = getattr(importlib.import_module(package), "__all__", ())
        handed_on = any(package.startswith(f"{above}.") and set(names) <= set(found[above]) for above in found)
        if names and package not in PRIVATE and not handed_on:
            found[package] = sorted(names, key=str.lower)
    return found


@functools.cache
def homes() -> dict[str, str]:
    """Public name → where its page finds it."""
    return {name: f"{package}.{name}" for package, names in reversed(facades().items()) for name in names}


def pages() -> dict[str, str]:
    """Every page of the reference, as file name → reStructuredText."""
    found = {}
    for package, names in facades().items():
        short = package.removeprefix("geodepth.").replace(".", "_")
        module = importlib.import_module(package)
        found[f"{short}/index.rst"] = _index(package, module, names)
        for name in names:
            found[f"{short}/{name}.rst"] = _page(package, name, getattr(module, name))
    return found


def write_pages(place: Path) -> None:
    """Write what has changed, and remove what is gone, so that Sphinx reads no page twice."""
    wanted: Mapping[Path, str] = {place / name: text for name, text in pages().items()}
    for path in place.rglob("*.rst"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def _index(package: str, module: Any, names: list[str]) -> str:
    first = (inspect.getdoc(module) or "").splitlines()[0]
    rows = "\n".join(
        f"   * - :py:obj:`{name} <{package}.{name}>`\n     - {_sentence(getattr(module, name))}" for name in names
    )
    entries = "\n".join(f"   {name}" for name in names)
    return (
        f"{package}\n{'=' * len(package)}\n\n{escaped(first)}\n\n"
        f".. list-table::\n   :widths: 30 70\n\n{rows}\n\n.. toctree::\n   :hidden:\n\n{entries}\n"
    )


def _sentence(thing: Any) -> str:
    """The first sentence of a docstring; of a constant there is none."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return "A constant."
    return escaped((inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " "))


def _page(package: str, name: str, thing: Any) -> str:
    head = f"{name}\n{'=' * len(name)}\n\n.. py:currentmodule:: {package}\n\n"
    if inspect.isclass(thing):
        ours = [_is_ours(base) for base in thing.__mro__[1:]]
        # What a class has of our own bases is shown with it; what it has of Python's is not.
        strangers = [base.__name__ for base in thing.__mro__[1:] if not _is_ours(base)]
        inherited = f"   :inherited-members: {', '.join(strangers)}\n" if any(ours) else ""
        special = "   :special-members: __call__, __getitem__\n"
        # Members of an enumeration say in their value what they are.
        special += "   :undoc-members:\n   :member-order: bysource\n" if issubclass(thing, enum.Enum) else ""
        return f"{head}.. autoclass:: {package}.{name}\n   :members:\n{inherited}{special}"
    if inspect.isroutine(thing):
        return f"{head}.. autofunction:: {package}.{name}\n"
    return f"{head}.. py:data:: {package}.{name}\n\n   ``{_literal(thing)}``\n"


def _is_ours(base: type) -> bool:
    return base.__module__.partition(".")[0] == "geodepth"


def _literal(thing: Any) -> str:
    return " ".join(repr(thing).split())[:300]


def _escape(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = as_markup(one_attribute_each(lines))


def one_attribute_each(lines: Sequence[str]) -> list[str]:
    """Attributes that share their text, "x, y : float", one by one: napoleon takes apart parameters only."""
    found: list[str] = []
    shared: list[list[str]] = []  # what the attribute at work says, once for each of its names
    section = ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        section = line if below.startswith("---") else section
        head = re.fullmatch(r"(\w+(?:, \w+)+)( : .*)", line) if section == "Attributes" else None
        if head:
            found += [part for text in shared for part in text]
            shared = [[f"{name}{head[2]}"] for name in head[1].split(", ")]
        elif shared and line.startswith(" "):
            shared = [[*text, line] for text in shared]
        else:
            found += [*(part for text in shared for part in text), line]
            shared = []
    return found + [part for text in shared for part in text]


def as_markup(lines: Sequence[str]) -> list[str]:
    """Plain text as reStructuredText: letters are escaped, an indented paragraph is a formula, kept line by line."""
    found: list[str] = []
    text, block = 0, 0  # how far the text before is indented, and the formula within
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if not line.strip() or (block and indent >= block):
            found.append(line)
        elif number and not lines[number - 1].strip() and indent >= text + 4:
            found += [f"{' ' * text}::", "", line]
            block = indent
        else:
            found.append(escaped(line))
            text, block = indent, 0
    return found


def escaped(line: str) -> str:
    """The line with markup characters escaped outside `code`; bullets stay."""
    bullet = re.match(r"\s*[-*•]\s", line)
    start = bullet.end() if bullet else 0
    parts = re.split(r"(``.*?``|`[^`]*`)", line[start:])
    return line[:start] + "".join(map(_part, parts))


def _part(text: str) -> str:
    """`code` that is a public name leads to its page; other code is literal; what is no code is escaped."""
    if text.startswith("``"):
        return text
    if text.startswith("`"):
        inner = text.strip("`")
        return f":py:obj:`{inner} <{homes()[inner]}>`" if inner in homes() else f"``{inner}``" if inner else ""
    return re.sub(r"([\\*|_])", r"\\\1", text)
