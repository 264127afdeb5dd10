"""geodepth compare: networks from files beside a truth from a file, or finished reports side by side."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from geodepth.cli.answers import answer
from geodepth.cli.options import in_words, options_of
from geodepth.cli.output_files import check_folder
from geodepth.validation.errors import ValidationError
from geodepth.validation.pipeline.settings import FileSettings

FileOptions = options_of(FileSettings)


@dataclass(frozen=True, slots=True)
class CompareCommand:
    """Hold trained networks against a ground truth, and write a report: verdict, evidence, every number as JSON.

    Or set finished reports side by side: geodepth compare results/iris results/wine

    Exit code 0: compared, and no network lies below its truth; 1: one does, or, with --require-optimum, one is not at
    the best path known; 2: an input that cannot be used; 3: a truth that could not be solved.

    Example: geodepth compare truth.npz networks/iris elsewhere.safetensors --out results/compare
    """

    truth: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TRUTH.npz")]
    """What `geodepth geodesic` saved, or a path of save_path. A .toml file sets it, networks and options. Or the folder
    of a report, with folders of others behind it: runs.html and runs.json then set them side by side."""
    networks: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NETWORK")]
    """Folders of `geodepth train`, .safetensors files, or .npz paths."""
    out: Path = Path("results/compare")
    """Folder of report.html and report.json, and of the truths that are solved; of runs.html and runs.json."""
    data: str | None = None
    """The data that the truth was solved with, as there, for labels and held-out errors."""
    targets: tuple[str, ...] | None = None
    """Columns of a .csv file that were predicted, as for the truth."""
    samples: int | None = None
    """Training samples drawn from the data, as for the truth."""
    require_optimum: bool = False
    """End with exit code 1 unless every network is at the best path known."""
    figures: Literal["pdf", "svg", "png"] | None = None
    """Write the report's figures as files too, into the folder figures beside it, for a paper or slides."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""
    settings: Annotated[FileOptions, tyro.conf.arg(name="")] = FileOptions()  # type: ignore[valid-type]  # noqa: RUF009

    def run(self) -> int:
        """Compare, and write the report."""
        from geodepth.validation import Verdict, load_dataset
        from geodepth.validation.pipeline.comparison_of_files import compare_files
        from geodepth.validation.report.runs import is_report

        try:
            settings = FileSettings(**asdict(self.settings))
        except ValidationError as error:
            raise ValidationError(f"--{error}") from None
        if is_report(self.truth):
            return self._reports(settings != FileSettings())
        asked: dict[str, Any] = {"samples": self.samples, "seed": settings.seed, "targets": self.targets}
        dataset = None if self.data is None else load_dataset(self.data, **asked)
        outcome = compare_files(
            self.truth, self.networks, self.out, settings, dataset, self._command(settings), figures=self.figures
        )

        def in_lines() -> None:
            for network in outcome.data.networks:
                print(f"{network.name}: {network.comparison.sentence}")
            print(f"report: {outcome.report}")

        answer(outcome.numbers, in_lines, self.json)
        verdicts = {network.comparison.verdict for network in outcome.data.networks}
        wanted = not self.require_optimum or verdicts == {Verdict.BEST_KNOWN}
        return 0 if wanted and Verdict.BELOW_TRUTH not in verdicts else 1

    def _reports(self, others: bool) -> int:
        """Set reports side by side; `others` says whether options were given that are not theirs."""
        from geodepth.validation import Verdict
        from geodepth.validation.report.runs import read_runs
        from geodepth.validation.report.side_by_side import headline, side_by_side_numbers, write_side_by_side

        if others or (self.data, self.targets, self.samples, self.figures) != (None,) * 4:
            raise ValidationError(
                "reports are set side by side as they are; --data, --targets, --samples, --figures, --starts, "
                "--as-given, --workers and --seed are for a truth and networks"
            )
        check_folder("--out", self.out)
        runs = read_runs((self.truth, *self.networks))
        page = write_side_by_side(runs, self.out)
        numbers = side_by_side_numbers(runs)

        def in_lines() -> None:
            print("\n".join([headline(runs), *numbers["remarks"], f"side by side: {page}"]))

        answer({**numbers, "page": page}, in_lines, self.json)
        verdicts = {name for run in runs for name in run.verdicts}
        wanted = not self.require_optimum or verdicts == {Verdict.BEST_KNOWN.value}
        return 0 if wanted and Verdict.BELOW_TRUTH.value not in verdicts else 1

    def _command(self, settings: FileSettings) -> str:
        """What was said on the command line, files by their names alone: their folders are nobody else's."""
        words = ["geodepth compare", self.truth.name, *(file.name for file in self.networks)]
        words += [] if self.data is None else [f"--data {self.data}"]
        words += [] if self.targets is None else in_words({"targets": self.targets})
        words += [] if self.samples is None else [f"--samples {self.samples}"]
        words += [f"--seed {settings.seed}", f"--starts {settings.starts}"]
        return " ".join([*words, "--as-given"] if settings.as_given else words)
