"""geodepth validate: the main job."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from geodepth.cli.answers import answer
from geodepth.cli.options import in_words, options_of, said
from geodepth.cli.output_files import check_folder
from geodepth.validation.pipeline.settings import Settings, quick_sizes

SettingsOptions = options_of(Settings, unset=True, leave_out=("data",))


@dataclass(frozen=True, slots=True)
class ValidateCommand:
    """Solve the ground truth, train networks, compare them, and write a report.

    Finished parts are kept in the folder of the report: interrupted, the same command goes on from them. Where width
    times samples is above 450, as for digits, the defaults are those of --quick.

    Example: geodepth validate iris --quick --figures pdf --out results/first
    """

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")] = "iris"
    """iris, teacher, wine, diabetes or digits; a .npz or .csv file; or a .toml file that sets data and options, in
    lines such as weight_decay = 0.01."""
    out: Path | None = None
    """Folder of the report and of all parts; results/NAME by default."""
    quick: bool = False
    """A small version of minutes: fewer layers, starts, networks and epochs, at most 30 samples and 13 inputs, the
    principal components of more. What is asked for stays."""
    figures: Literal["pdf", "svg", "png"] | None = None
    """Write the report's figures as files too, into the folder figures beside it, for a paper or slides."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""
    settings: Annotated[SettingsOptions, tyro.conf.arg(name="")] = SettingsOptions()  # type: ignore[valid-type]  # noqa: RUF009

    def run(self) -> int:
        """Do the main job."""
        path, given = Path(self.data), said(self.settings)
        changes: dict[str, Any] = (quick_sizes(given) if self.quick else {}) | given
        settings = (
            Settings.from_toml(path, quick=self.quick, **changes)
            if path.suffix == ".toml"
            else Settings.fitted(quick=self.quick, data=self.data, **changes)
        )
        out = self.out if self.out is not None else Path("results") / path.stem
        check_folder("--out", out)
        # Loads PyTorch, which takes seconds: whatever is wrong above is told before.
        from geodepth.validation.pipeline.main_job import run_validation

        # The folder is nobody else's.
        words = ["geodepth validate", shlex.quote(self.data), *in_words(given), *(["--quick"] if self.quick else [])]
        outcome = run_validation(settings, out, " ".join(words), figures=self.figures)

        def in_lines() -> None:
            figures = f"; figures: {outcome.report.parent / 'figures'}" if self.figures else ""
            print(f"{outcome.sentence}; report: {outcome.report}{figures}")
            if outcome.numbers["advice"]:
                print(outcome.numbers["advice"])

        answer(outcome.numbers, in_lines, self.json)
        return 0
