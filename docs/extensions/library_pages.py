"""A page for every problem of the library, with its solution drawn: solved when the site is built."""

from pathlib import Path
from typing import Any

from geodepth.control import solve
from geodepth.control.problems import load, names

PLACE = Path(__file__).parent.parent / "built" / "library"


def setup(app: Any) -> dict[str, bool]:
    """Solve and write before Sphinx looks for pages."""
    app.connect("builder-inited", lambda _: write_pages(PLACE))
    return {"parallel_read_safe": True}


def write_pages(place: Path) -> None:
    """Write a page and a picture for each problem that lacks one, and the list of all."""
    place.mkdir(parents=True, exist_ok=True)
    for name in names():
        if not (place / f"{name}.md").exists():
            (place / f"{name}.md").write_text(_page(name, place))
    entries = "\n".join(names())
    pictures = "\n\n".join(f"[![{load(name).title}]({name}.svg)<br>{load(name).title}]({name}.md)" for name in names())
    (place / "index.md").write_text(
        f"# Library of problems\n\n{INTRODUCTION}\n\n:::{{container}} library-gallery\n{pictures}\n:::\n\n"
        f"```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
    )


INTRODUCTION = """\
Classic problems with published or analytic optima. Every one was solved when this page was built, and its solution is
drawn. `geodepth solve NAME` solves one; `geodepth solve --list` lists them; in Python, `load(NAME)` of
`geodepth.control.problems`."""


def _page(name: str, place: Path) -> str:
    classic = load(name)
    problem = classic.build()
    solution = solve(problem, classic.method, classic.mesh, "ipopt", classic.tolerance, classic.guess)
    classic.plot(solution).savefig(place / f"{name}.svg")
    optimum = classic.sign * solution.cost
    published = f"; published: {classic.published}" if classic.published else ""
    unit = f" {classic.unit}" if classic.unit else ""
    rows = {
        classic.quantity: f"{optimum:.10g}{unit}",
        "reference": f"{classic.reference:.12g}{unit}, {classic.reference_source}{published}",
        "difference": f"{optimum - classic.reference:.1e}",
        "solved by": f"{solution.statistics['method']}, {solution.statistics['intervals']} intervals",
        "certificate": "none" if solution.certificate is None else solution.certificate.verdict,
        "source": classic.source,
    }
    table = "\n".join(f"| {label} | {text.replace('|', chr(92) + '|')} |" for label, text in rows.items())
    return f"""# {classic.title}

{_text(classic.statement)}

:::{{container}} library-picture
![The solution of {name}]({name}.svg)
:::

| | |
|---|---|
{table}

```console
$ geodepth solve {name}
```
"""


def _text(statement: str) -> str:
    """A statement as Markdown takes it: stars, bars and dollars are meant."""
    return "".join(f"\\{letter}" if letter in "*_|$<>" else letter for letter in statement)
