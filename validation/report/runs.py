"""What several reports found, read from the JSON files beside their pages."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import read_json
from geodepth.validation.comparison.verdicts import Verdict
from geodepth.validation.errors import ValidationError

from .numbers import FORMAT_VERSION

SAME_COST = 1e-6
"""Relative. Truths whose costs differ by less are one: as in the verdict that a network lies below its truth."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The networks of one scheme of layer steps in one run.

    Attributes
    ----------
    networks, at_best : int
        How many there are, and how many of them are at the best path known.
    best, median, worst : float
        Of their relative excesses (J − J*)/J*.
    """

    networks: int
    at_best: int
    best: float
    median: float
    worst: float

    @staticmethod
    def of(networks: Sequence[Mapping[str, Any]]) -> "Scheme":
        """Count them."""
        excesses = [float(network["comparison"]["relative_excess"]) for network in networks]
        at_best = sum(network["comparison"]["verdict"] == Verdict.BEST_KNOWN.value for network in networks)
        return Scheme(len(networks), at_best, min(excesses), statistics.median(excesses), max(excesses))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one report found.

    Attributes
    ----------
    name : str
        How it is called beside the others.
    page : Path
        The report's page.
    summary : str
        What was found, in one paragraph.
    question : str or None
        A digest of data, width, L̃ and λ. None in reports that did not keep it yet.
    facts : mapping
        Data, samples, inputs and outputs, layers, effective depth and weight decay, and the settings.
    truth : mapping
        cost, bracket, proven, search, test_error of the truth of the best network.
    best : mapping or None
        Name, verdict, cost, excess, residual, distances and test error of the best network. None without networks.
    networks : Scheme or None
        All networks together.
    schemes : mapping of str to Scheme
        By scheme of layer steps.
    excesses : tuple of float
        The relative excess of every network.
    tolerance : float
        The excess up to which a network counts as at the best path known.
    verdicts : mapping of str to int
        How many networks came to which verdict.
    seconds : float
        Of the whole run.
    costs : sequence of (tuple of float, float, str)
        Layer steps, cost and name of every truth.
    """

    name: str
    page: Path
    summary: str
    question: str | None
    facts: Mapping[str, Any]
    truth: Mapping[str, Any]
    best: Mapping[str, Any] | None
    networks: Scheme | None
    schemes: Mapping[str, Scheme]
    excesses: tuple[float, ...]
    tolerance: float
    verdicts: Mapping[str, int]
    seconds: float
    costs: tuple[tuple[tuple[float, ...], float, str], ...]


def is_report(path: Path) -> bool:
    """Whether this means a report: a folder that holds one, its page, or its numbers."""
    return is_file_of_report(path) or (path / "report.json").is_file()


def is_file_of_report(path: Path) -> bool:
    """Whether this is called as a report's page or its numbers are, and no folder."""
    return path.suffix.lower() in (".json", ".html", ".htm") and not path.is_dir()


def read_runs(paths: Sequence[Path]) -> tuple[Run, ...]:
    """Read reports.

    Parameters
    ----------
    paths : sequence of Path
        Each a folder with report.json, or report.json or report.html themselves. They are called by their folders'
        names, by as much of the path as tells them apart.

    Returns
    -------
    tuple of Run

    Raises
    ------
    ValidationError
        Less than two are given, one is given twice, or one is no report that can be read.
    """
    files = [path.with_suffix(".json") if is_file_of_report(path) else path / "report.json" for path in paths]
    if len(files) < 2:
        raise ValidationError(f"one report is given, {paths[0]}; name at least two to set side by side")
    whole = [file.resolve() for file in files]
    for path, file in zip(paths, whole, strict=True):
        if whole.count(file) > 1:
            raise ValidationError(f"the report {path} is given twice; name each once")
    return tuple(_read(file, name) for file, name in zip(files, _names(whole), strict=True))


def _names(files: Sequence[Path]) -> list[str]:
    """The last folders of each path, so many that no two are equal; the file's name where one folder holds several."""
    parts = [file.parent.parts if file.name == "report.json" else file.with_suffix("").parts for file in files]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-count:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(file) for file in files]


def _read(file: Path, name: str) -> Run:
    try:
        numbers = read_json(file)
    except FileNotFoundError:
        raise ValidationError(f"there is no report {file}; geodepth validate writes one") from None
    except DamagedFileError as error:
        raise ValidationError(f"{file} is not a report: {error}") from None
    if not isinstance(numbers, dict) or numbers.get("format") != "geodepth report":
        raise ValidationError(f"{file} is not a report; give the report.json of geodepth validate or compare")
    if numbers.get("format_version") != FORMAT_VERSION:
        raise ValidationError(
            f"{file} has format version {numbers.get('format_version')!r}; this geodepth reads {FORMAT_VERSION}"
        )
    try:
        return _run(file, name, numbers)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration) as error:
        raise ValidationError(
            f"{file} is not a whole report ({type(error).__name__}: {error}); write it anew with geodepth validate"
        ) from None


def _run(file: Path, name: str, numbers: Mapping[str, Any]) -> Run:
    networks, truths, dataset = numbers["networks"], numbers["truths"], numbers["dataset"]
    leader = min(networks, key=lambda network: network["comparison"]["relative_excess"], default=None)
    wanted = leader["truth"] if leader else truths[0]["name"]
    truth = next(each for each in truths if each["name"] == wanted)
    schemes = {scheme: [n for n in networks if n["scheme"] == scheme] for scheme in (n["scheme"] for n in networks)}
    layers = sorted({len(each["layer_steps"]) for each in networks or truths})
    return Run(
        name=name,
        page=file.with_suffix(".html"),
        summary=str(numbers.get("summary", "")),
        question=numbers.get("question"),
        facts={
            "data": dataset["name"],
            "samples": dataset["inputs"][1],
            "inputs": dataset["inputs"][0],
            "outputs": dataset["targets"][0],
            "layers": " to ".join(dict.fromkeys(map(str, (layers[0], layers[-1])))),
            "effective depth": truth["effective_depth"],
            "weight decay": truth["weight_decay"],
            **{key.replace("_", " "): value for key, value in numbers["settings"].items() if key not in _TOLD},
            **{f"version of {package}": version for package, version in numbers["versions"].items()},
        },
        truth={
            "cost": float(truth["cost"]),
            "bracket": None if truth["lower"] is None else (truth["upper"] - truth["lower"]) / truth["upper"],
            "proven": truth["proven"] / truth["cost"] if truth.get("proven") else None,
            "search": truth["search"]["words"] if truth["search"] else None,
            "test_error": truth["test_error"],
        },
        best=_best(leader) if leader else None,
        networks=Scheme.of(networks) if networks else None,
        schemes={scheme: Scheme.of(members) for scheme, members in schemes.items()},
        excesses=tuple(float(network["comparison"]["relative_excess"]) for network in networks),
        tolerance=max((float(network["comparison"]["tolerance"]) for network in networks), default=0.0),
        verdicts=dict(Counter(str(network["comparison"]["verdict"]) for network in networks).most_common()),
        seconds=float(sum(numbers["seconds"].values())),
        costs=tuple((tuple(each["layer_steps"]), float(each["cost"]), str(each["name"])) for each in truths),
    )


_TOLD = ("data", "samples", "layers", "effective_depth", "weight_decay", "device", "workers")
"""Settings that the facts tell already, and those that change no number."""


def _best(network: Mapping[str, Any]) -> dict[str, Any]:
    found = network["comparison"]
    return {
        "name": network["name"],
        "verdict": found["verdict"],
        "cost": float(network["cost"]),
        "relative_excess": float(found["relative_excess"]),
        "residual": found["stationarity"],
        "path distance": found["alignment"]["representation_distance"],
        "weight distance": found["alignment"]["weight_distance"],
        "kernel distance": found["alignment"]["kernel_distance"],
        "test_error": network["test_error"],
    }


def remarks(runs: Sequence[Run]) -> list[str]:
    """What must be known before the numbers of runs are held against each other.

    Costs J of different questions say nothing of each other. Truths of one question, on the same layer steps, have one
    least cost: the run whose truth costs more searched too little, and its excesses are too small.
    """
    said, questions = [], {run.question for run in runs}
    if None in questions:
        said.append("Not every report keeps what its question was: whether costs J compare is not known of all.")
    elif len(questions) > 1:
        said.append("The runs ask different questions, of data, width, L̃ or λ: excesses compare, costs J do not.")
    for place, run in enumerate(runs):
        for other in runs[place + 1 :]:
            if run.question is not None and run.question == other.question:
                said += _costlier(run, other)
    return said


def _costlier(run: Run, other: Run) -> list[str]:
    """A sentence for each truth that one of the two has cheaper."""
    said = []
    for steps, cost, name in run.costs:
        for others_steps, others_cost, _ in other.costs:
            if len(steps) == len(others_steps) and np.allclose(steps, others_steps, rtol=0.0, atol=1e-6):
                dear, cheap = (run, other) if cost > others_cost else (other, run)
                share = abs(cost - others_cost) / min(cost, others_cost)
                if share > SAME_COST:
                    said.append(
                        f"On {name} steps the truth of {dear.name} costs {100 * share:.2g} % more than that of "
                        f"{cheap.name}: it is not the best path known, and excesses over it are too small."
                    )
    return said
