"""One experiment from its specification to its figures and the gallery; what is there is not done again."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodepth.foundation.files.atomic_files import write_atomically
from geodepth.foundation.files.folder_lock import only_run_in
from geodepth.foundation.versions import versions_of
from geodepth.validation.argument_checks import CHECKS
from geodepth.validation.errors import ValidationError
from geodepth.validation.experiments.sweeps.circumstances import PACKAGES
from geodepth.validation.experiments.sweeps.execution import Run, dask_executor, run_tasks
from geodepth.validation.experiments.sweeps.plan import tell_plan
from geodepth.validation.experiments.sweeps.progress import duration
from geodepth.validation.experiments.sweeps.results import Store, read_json
from geodepth.validation.experiments.sweeps.selection import first_missing, matching
from geodepth.validation.experiments.sweeps.sweep import distinct, shard
from geodepth.validation.experiments.sweeps.tables import Measured, gather, write_csv
from geodepth.validation.experiments.sweeps.tasks import Task
from geodepth.validation.figures.style import to_png, to_svg

from .gallery import Entry, write_gallery
from .one_experiment import Experiment
from .specifications import experiment

if TYPE_CHECKING:  # figures load Matplotlib, which only those who draw should wait for
    from geodepth.validation.experiments.figures.drawing import Drawn

DRAWERS = {"fig1": "figure_1", "fig2": "figure_2", "fig3": "figure_3"}
"""Experiment → the module of figures/ whose `draw` makes its figures, where it has not the experiment's name."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is asked for. Results are shared among the experiments of a folder.

    Attributes
    ----------
    See the sentences below the fields.
    """

    name: str
    """One of EXPERIMENTS."""
    size: str = "small"
    """small (CPU minutes), medium (CPU, under an hour) or paper (the paper's size)."""
    seeds: int = 10
    """Seeds, 0, 1, 2, …"""
    out: Path = Path("results/paper")
    """Folder of everything."""
    device: str = "cpu"
    """Where to train: cpu, cuda, cuda:1, …; on a GPU all seeds of a point are one batch."""
    workers: int = 1
    """Processes, on this machine."""
    shard: str | None = None
    """i/n: measure the i-th of n parts only (job arrays); when all parts are there, run once more for the figures."""
    scheduler: str | None = None
    """Address of a Dask scheduler, such as tcp://host:8786 (needs geodepth[dask])."""
    again: bool = False
    """Measure anew what other code of geodepth has measured (a run says how many results that are)."""
    only: tuple[str, ...] = ()
    """Measure only tasks with these parameters, such as effective_depth=7 seed=0,1 "sweep=networks over L̃"."""
    tasks: int | None = None
    """Measure no more than so many of the missing tasks; 0 draws from what is there."""
    hours: float | None = None
    """Begin no task after so many hours; the same command goes on."""
    keep: Path | None = None
    """Also copy the results into this folder, without large arrays, whose digests are kept: small enough to commit."""

    @property
    def command(self) -> str:
        """The command that asks for this."""
        parts = [f"geodepth paper {self.name} --size {self.size} --seeds {self.seeds}"]
        return " ".join([*parts, *([] if self.device == "cpu" else [f"--device {self.device}"])])


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it.

    Attributes
    ----------
    run : Run
        Of the tasks.
    figures : tuple of str
        Names of all that are there.
    missing : int
        Tasks without a result.
    gallery : Path, optional
        The page; None where there is no result, or some are missing that are other shards'.
    of_others : bool
        Whether what is missing is other shards'.
    """

    run: Run
    figures: tuple[str, ...]
    missing: int
    gallery: Path | None
    of_others: bool = False

    @property
    def sentence(self) -> str:
        """In a line, and one for every failure."""
        if self.gallery is None:
            whose = " of other shards" if self.of_others else ""
            return f"{self.run.sentence}\n{self.missing} tasks{whose} are missing: no figures yet"
        partly = f"; {self.missing} tasks are missing" if self.missing else ""
        return f"{self.run.sentence}\nfigures: {', '.join(self.figures)}; gallery: {self.gallery}{partly}"


def chosen_tasks(paper: Paper) -> tuple[Task, ...]:
    """The tasks that a run is for, whether they are there or not.

    Raises
    ------
    ValidationError
        For what cannot be used.
    """
    asked = experiment(paper.name, paper.size, paper.seeds, paper.device)
    _limits(paper)
    return shard(matching(asked.sweeps, paper.only), paper.shard)


def run_experiment(paper: Paper, executor: Executor | None = None, say: Callable[[str], None] | None = None) -> Done:
    """Measure what is missing, then draw the figures from the files, unless nothing has changed since they were drawn.

    Parameters
    ----------
    paper : Paper
        What is asked for.
    executor : Executor, optional
        Where tasks run; by default processes of our own, or Dask's where a scheduler is given.
    say : function, optional
        Gets lines about the progress; standard error by default.

    Returns
    -------
    Done
        What came of it. Tasks that failed are in it, not raised.

    Raises
    ------
    ValidationError, NetworkError
        For what cannot be used, before any work.
    """
    asked = experiment(paper.name, paper.size, paper.seeds, paper.device)
    most, hours = _limits(paper)
    tasks = distinct(asked.sweeps)
    mine = chosen_tasks(paper)
    store = Store(paper.out / "data")
    _check_device(paper.device, paper.again or any(not store.has(task) for task in mine))
    # Parts of one sweep are measured side by side, each by one run.
    tell = say or (lambda line: print(line, file=sys.stderr, flush=True))
    part = "" if paper.shard is None else f"-{paper.shard.replace('/', '-of-')}"
    with only_run_in(paper.out, "--out", ValidationError, part):
        mine = first_missing(mine, store, most)
        tell_plan([task for task in mine if not store.has(task)], paper.workers, tell)
        given = nullcontext(executor) if paper.scheduler is None else dask_executor(paper.scheduler)
        with given as over:
            run = run_tasks(mine, store, over, paper.workers, tell, paper.again, hours)
        missing = sum(not store.has(task) for task in tasks)
        if paper.keep is not None:
            for task in tasks:
                if store.has(task):
                    store.keep_small(task, Store(paper.keep / "data"))
        others = paper.shard is not None and missing > len(run.failures)
        if others or missing == len(tasks):
            return Done(run, (), missing, None, others)
        names = _figures(paper, asked, store, [task for task in tasks if store.has(task)])
    return Done(run, names, missing, paper.out / "index.html")


def _limits(paper: Paper) -> tuple[int | None, float | None]:
    """The most tasks, and the hours."""
    if paper.hours is not None and paper.scheduler is not None:
        raise ValidationError("hours is given, and a Dask scheduler has all tasks at once; give tasks or only there")
    return (
        None if paper.tasks is None else CHECKS.count("tasks", paper.tasks, 0),
        None if paper.hours is None else CHECKS.number("hours", paper.hours, above=0.0),
    )


def _check_device(device: str, needed: bool) -> None:
    if needed and device != "cpu":
        from geodepth.nets import resolve_device

        resolve_device(device)


def _figures(paper: Paper, asked: Experiment, store: Store, there: Sequence[Task]) -> tuple[str, ...]:
    """Draw, write the tables, and enter the gallery; nothing of it where the same results are drawn already."""
    place = paper.out / f"{paper.name}-{paper.size}"
    digest = _digest(there, store, paper)
    entry = place / "entry.json"
    kept = read_json(entry)
    if kept.get("digest") == digest and all((place / f"{name}.svg").exists() for name in kept.get("figures", ())):
        return tuple(kept["figures"])
    measured = [gather(sweep, store) for sweep in asked.sweeps]
    module = importlib.import_module(f"{__package__}.figures.{DRAWERS.get(paper.name, paper.name)}")
    drawn: list[Drawn] = module.draw(measured)
    for figure in drawn:
        write_atomically(place / f"{figure.name}.svg", to_svg(figure.figure).encode(), ValidationError)
        write_atomically(place / f"{figure.name}.png", to_png(figure.figure), ValidationError)
        write_csv(place / f"{figure.name}.csv", figure.rows)
    for number, part in enumerate(measured, 1):
        write_csv(place / f"runs-{number}.csv", part.rows)
    content = json.dumps(_entry(paper, asked, measured, drawn, digest), indent=1)
    write_atomically(entry, content.encode(), ValidationError)
    write_gallery(paper.out)
    return tuple(figure.name for figure in drawn)


def _entry(
    paper: Paper, asked: Experiment, measured: Sequence[Measured], drawn: Sequence[Drawn], digest: str
) -> dict[str, Any]:
    results = {r.identity: r for part in measured for r in part.results}
    seconds = sum(float(r.circumstances.get("seconds", {}).get("task", 0.0)) for r in results.values())
    places = sorted({str(r.circumstances.get("hardware", "unknown")) for r in results.values()})
    sources = Counter(
        f"geodepth {r.circumstances.get('versions', {}).get('geodepth', 'unknown')}, "
        f"code {r.circumstances.get('code', 'unknown')}"
        for r in results.values()
    )
    return Entry(
        name=paper.name,
        size=paper.size,
        question=asked.question,
        command=paper.command,
        figures=[figure.name for figure in drawn],
        captions=[figure.caption for figure in drawn],
        sweeps=[f"{part.sweep.name}: {len(part.results)} results, {part.missing} missing" for part in measured],
        hardware=places,
        time=duration(seconds),
        tasks=len(results),
        drawn=time.strftime("%Y-%m-%d", time.gmtime()),
        versions=versions_of(*PACKAGES),
        digest=digest,
        measured_by=[f"{source} ({count} results)" for source, count in sorted(sources.items())],
    ).to_dict()


def _digest(there: Sequence[Task], store: Store, paper: Paper) -> str:
    """Of the results, when they were measured, and of what figures and gallery are made with: what is newer draws."""
    here = Path(__file__).parent
    report = here.parent / "report"
    sources = [
        here.rglob("*.py"),
        (here.parent / "figures").glob("*.py"),
        report.rglob("*.jinja"),
        report.glob("*.css"),
    ]
    code = "".join(hashlib.sha256(path.read_bytes()).hexdigest() for found in sources for path in sorted(found))
    results = sorted(f"{task.identity} {store.circumstances(task).get('when')}" for task in there)
    return hashlib.sha256("\n".join([code, paper.command, *results]).encode()).hexdigest()
