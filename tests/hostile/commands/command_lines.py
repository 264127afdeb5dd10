"""Drawn command lines: every command with values that nobody should give, and with some that are good.

`command_line(draw)` draws one, for a folder of `hostile_places(folder)`: good and bad files, folders, links and pipes.
`ended(line)` runs it in this process, in the present folder, and says how it ended; work that is long does not begin.
"""

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from geodepth.cli.main import main

from ..files.good_files import OLD, SETTINGS, SWEEP

T = TypeVar("T")


class Draw(Protocol):
    """What draws from a strategy, as `data.draw` does."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """One value."""


COUNTS = (
    *("0", "-1", "1", "2", "3", "1.5", "nan", "inf", "-inf", "x", "", " ", "1e3", "True", "None", "0x10", "1_0", "٣"),
    *("99999999999999999999", "9" * 5000, "1\0", "--", "{}", "[1]"),
)
NUMBERS = (
    *("0", "-1", "1e-3", "0.5", "3.0", "nan", "inf", "-inf", "1e400", "1e-400", "1e308", "x", "", "1,5", "½", "None"),
)
WORDS = (
    *("", " ", "x", "relu", "euler", "adaptive", "fixed", "ipopt", "abacus", "ä", "\ud800", "a" * 5000, "None", "a/b"),
)
FLAGS = ("True", "False", "", "x", "1")
FILES = (
    "", ".", "/dev/null", "/dev/full", "/dev/zero", "folder", "pipe", "dangling", "circle", "closed",
    "closed/x", "plain/x", "x" * 300, "a\0b", "none", "plain", "none/x.npz", "latin-\udcff", "folder.npz", "truth.npz",
    "path.npz", "solution.npz", "data.npz", "cut.npz", "empty.npz", "pipe.npz", "dangling.npz", "data.csv", "empty.csv",
    "folder.csv", "pipe.csv", "settings.toml", "bad.toml", "folder.toml", "pipe.toml", "network", "network.safetensors",
    "cut.safetensors", "iris", "wine", "teacher", "x" * 251 + ".npz", "-", "~", "~nobody/x", "a b", "-x", "CON.npz",
    "\n.npz", "x.NPZ", "x.npz/",
)  # fmt: skip
NAMES = ("brachistochrone", "double-integrator-energy", "fig1", "truth", "theorems", "nothing", *WORDS)

OPTIONS: dict[str, dict[str, Sequence[str]]] = {
    "validate": {
        "samples": COUNTS, "seed": COUNTS, "width": COUNTS, "layers": COUNTS, "effective-depth": NUMBERS,
        "weight-decay": NUMBERS, "starts": COUNTS, "adaptive-starts": COUNTS, "schemes": WORDS, "members": COUNTS,
        "epochs": COUNTS, "learning-rate": NUMBERS, "stationary": FLAGS, "device": WORDS, "workers": COUNTS,
        "out": FILES,
    },
    "solve": {
        "method": WORDS, "control": WORDS, "order": COUNTS, "mesh": WORDS, "intervals": COUNTS, "solver": WORDS,
        "tolerance": NUMBERS, "plot": FILES, "out": FILES,
    },
    "geodesic": {
        "width": COUNTS, "effective-depth": NUMBERS, "weight-decay": NUMBERS, "layers": COUNTS, "samples": COUNTS,
        "starts": COUNTS, "hops": COUNTS, "noise": NUMBERS, "seed": COUNTS, "loss": WORDS, "endpoint": WORDS,
        "scheme": WORDS, "mesh": WORDS, "mesh-tolerance": NUMBERS, "solver": WORDS, "workers": COUNTS,
        "journal": FILES, "landscape": FILES, "plot": FILES, "out": FILES,
    },
    "train": {
        "width": COUNTS, "layers": COUNTS, "effective-depth": NUMBERS, "weight-decay": NUMBERS, "steps": WORDS,
        "projections": WORDS, "activation": WORDS, "members": COUNTS, "dimensions": COUNTS, "kind": WORDS,
        "samples": COUNTS, "epochs": COUNTS, "sgd-epochs": COUNTS, "learning-rate": NUMBERS, "batch-size": COUNTS,
        "stop-residual": NUMBERS, "seed": COUNTS, "device": WORDS, "dtype": WORDS, "out": FILES,
    },
    "paper": {
        "size": WORDS, "seeds": COUNTS, "device": WORDS, "workers": COUNTS,
        "shard": (*COUNTS, "1/2", "2/1", "0/0", "1/0", "/", "٣/٤"), "out": FILES,
    },
    "compare": {"data": FILES, "samples": COUNTS, "starts": COUNTS, "workers": COUNTS, "seed": COUNTS, "out": FILES},
}  # fmt: skip
SUBJECTS = {
    "validate": (("iris", "data.npz", "data.csv", "settings.toml"), FILES),
    "solve": (("brachistochrone", "double-integrator-energy"), NAMES),
    "geodesic": (("iris", "teacher", "data.csv"), FILES),
    "train": (("iris", "teacher", "data.csv"), FILES),
    "paper": (("fig1", "truth", "theorems"), NAMES),
    "compare": (("truth.npz", "path.npz"), FILES),
}
"""What a command is about: what it takes, and what it perhaps does not."""
PATIENT = {
    "validate": "--quick --layers 4 --starts 1 --adaptive-starts 0 --members 1 --epochs 2 --samples 4 --workers 1 "
    "--stationary False",
    "solve": "--intervals 4",
    "geodesic": "--layers 4 --starts 1 --width 4 --samples 4 --workers 1",
    "train": "--layers 4 --epochs 2 --width 4 --samples 4",
    "paper": "--seeds 1",
    "compare": "--as-given",
}
"""Good values that keep a run small, where they are not drawn."""


def command_line(draw: Draw) -> list[str]:
    """A command, what it is about, and up to three options with drawn values; in a folder of `hostile_places`."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    options = OPTIONS[command]
    chosen = draw(st.lists(st.sampled_from(sorted(options)), max_size=2, unique=True))
    good = PATIENT[command].split(" --")
    words = [command]
    good_subjects, subjects = SUBJECTS[command]
    drawn = st.one_of(st.sampled_from(good_subjects), st.sampled_from(subjects))
    words += draw(st.lists(drawn, min_size=1, max_size=2 if command == "compare" else 1))
    for option in good:
        name, _, value = option.removeprefix("--").partition(" ")
        if name not in chosen:
            words += [f"--{name}", value] if value else [f"--{name}"]
    for name in chosen:
        words += [f"--{name}", draw(st.sampled_from(options[name]))]
    return words


def hostile_places(folder: Path) -> Path:
    """Make the files that `FILES` names, good and bad, in a folder."""
    made = folder / "places"
    made.mkdir()
    for name in ("folder", "folder.npz", "folder.csv", "folder.toml", "closed"):
        (made / name).mkdir()
    for name in ("pipe", "pipe.npz", "pipe.csv", "pipe.toml"):
        os.mkfifo(made / name)
    for name, target in (("dangling", "nowhere"), ("dangling.npz", "nowhere.npz"), ("circle", "circle")):
        (made / name).symlink_to(target)
    truth = (OLD / "geodesic_relu.npz").read_bytes()
    network = (OLD / "network_relu" / "network.safetensors").read_bytes()
    contents = {
        "plain": b"plain", "truth.npz": truth, "path.npz": (OLD / "path.npz").read_bytes(), "cut.npz": truth[:900],
        "solution.npz": (OLD / "solution.npz").read_bytes(), "empty.npz": b"", "empty.csv": b"",
        "data.csv": b"a,b,y\n" + b"".join(b"%d,%d.5,%d\n" % (k, k * k % 7, k % 3) for k in range(9)),
        "settings.toml": SETTINGS.encode(), "bad.toml": b"width = [[[", "sweep.toml": SWEEP.encode(),
        "network.safetensors": network, "cut.safetensors": network[:99],
    }  # fmt: skip
    np.savez(made / "data.npz", inputs=np.arange(12.0).reshape(2, 6) % 5, targets=np.arange(6.0)[None] % 4)
    for name, content in contents.items():
        (made / name).write_bytes(content)
    (made / "network").mkdir()
    (made / "network" / "network.safetensors").write_bytes(network)
    (made / "closed").chmod(0o500)
    return made


class Ended(NamedTuple):
    """How a command line ended: its exit code, or None where its work began; what it said."""

    code: int | None
    out: str
    errors: str


class WorkBegan(BaseException):
    """The arguments were taken, and the long part would come."""


LONG = (
    "geodepth.control.geodesics.search.journal.Journal.solve",
    "geodepth.nets.training.train.TrainingLoop.run_epoch",
    "geodepth.validation.experiments.paper.run_tasks",
    "geodepth.validation.pipeline.comparison_of_files.write_report",
    "geodepth.validation.pipeline.main_job.write_report",
    "geodepth.cli.commands.doctor.DoctorCommand.run",
)
POOLS = (
    "geodepth.control.process_pool",
    "geodepth.validation.pipeline.main_job.process_pool",
    "geodepth.validation.pipeline.comparison_of_files.process_pool",
)


@contextlib.contextmanager
def no_long_work() -> Iterator[None]:
    """Within, solves, trainings and sweeps raise `WorkBegan`, and pools have no processes."""

    def begin(*values: Any, **named: Any) -> None:
        raise WorkBegan

    with contextlib.ExitStack() as stack:
        for name in LONG:
            stack.enter_context(mock.patch(name, begin))
        for name in POOLS:
            stack.enter_context(mock.patch(name, return_value=contextlib.nullcontext()))
        yield


def ended(line: Sequence[str]) -> Ended:
    """Run a command line in this process, in the present folder."""
    out, errors = io.StringIO(), io.StringIO()
    code: int | None = None
    with no_long_work(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            main(list(line))
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else 1
        except WorkBegan:
            code = None
    return Ended(code, out.getvalue(), errors.getvalue())
