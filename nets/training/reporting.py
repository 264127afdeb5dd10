"""What a training tells while it runs: metrics, TensorBoard, a progress bar, and the names of members that diverged."""

import importlib.util
import json
import logging
import math
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geodepth.foundation.files.atomic_files import make_folder, write_atomically
from geodepth.foundation.files.opened_files import DamagedFileError
from geodepth.foundation.files.text_files import parse_json
from geodepth.foundation.shapes import Bool
from geodepth.nets.errors import NetworkError

from .configuration import TrainingConfig

LOG = logging.getLogger("geodepth.nets")
DIVERGED = (
    "member %d diverged by epoch %d and is frozen at its last good state; a lower learning_rate or more layers may help"
)


class Reporter:
    """What one session of a training tells, from `epoch` on, and where; `close` it in the end.

    Raises
    ------
    NetworkError
        If a place cannot be written.
    """

    def __init__(self, config: TrainingConfig, epoch: int) -> None:
        self._places: list[MetricsFile | TensorBoard | Tracker | ProgressBar] = []
        if config.metrics is not None:
            self._places.append(MetricsFile(config.metrics, epoch))
        if config.tensorboard is not None:
            self._places.append(TensorBoard(config.tensorboard, epoch))
        if config.callback is not None:
            self._places.append(Tracker(config.callback))
        # On a terminal only, and where tqdm is installed.
        if config.progress and sys.stderr.isatty() and importlib.util.find_spec("tqdm"):
            self._places.append(ProgressBar(config.total_epochs, epoch))

    def close(self) -> None:
        """Write what is still in memory."""
        for place in self._places:
            place.close()

    def record(self, epoch: int, **values: float | Tensor) -> None:
        """Hand on one record: `values` holds objective and stationarity at least, (members,) each."""
        for place in self._places:
            place.write(epoch, **values)

    def diverged(self, members: Bool[Tensor, " members"], epoch: int) -> None:
        """Name members that have just blown up."""
        for member in members.nonzero()[:, 0].tolist():
            LOG.warning(DIVERGED, member, epoch)


class MetricsFile:
    """A file that grows by one JSON object per line. Numbers that JSON does not know (NaN, infinities) become null."""

    def __init__(self, path: str | os.PathLike[str], epoch: int) -> None:
        """Start the file anew for epoch 0; for a resumed training keep what was recorded up to `epoch`.

        A session that died may have written records beyond its last checkpoint; the resumed one writes them again.

        Raises
        ------
        NetworkError
            If the file cannot be written.
        """
        self.path = Path(path)
        kept = []
        if epoch and os.path.isfile(self.path):
            for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                # The last line of a session that died while writing may be none.
                with suppress(DamagedFileError, KeyError, TypeError):
                    if parse_json(line)["epoch"] <= epoch:
                        kept.append(line + "\n")
        write_atomically(self.path, "".join(kept).encode(), NetworkError)

    def write(self, epoch: int, **values: float | Tensor) -> None:
        """Append one object; tensors become lists.

        Raises
        ------
        NetworkError
            If the file cannot be written any more.
        """
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"epoch": epoch, **_plain(values)}, allow_nan=False) + "\n")
        except OSError as error:
            raise NetworkError(
                f"metrics is {self.path}; expected a file that can be written ({error.strerror}); choose another"
            ) from None

    def close(self) -> None:
        """Nothing is open between records."""


class TensorBoard:
    """Scalars for TensorBoard, one curve per member: objective/0, objective/1, …, stationarity/0, …"""

    def __init__(self, directory: str | os.PathLike[str], epoch: int) -> None:
        """Write into `directory`; of a resumed training, records beyond `epoch` are dropped by the reader.

        Raises
        ------
        NetworkError
            Where the package tensorboard is not installed, or the folder cannot be written.
        """
        try:
            module = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            raise NetworkError(
                f"tensorboard is {os.fspath(directory)!r}; expected the package tensorboard, which is not installed; "
                "pip install 'geodepth[tensorboard]', or leave it None"
            ) from None
        make_folder("tensorboard", directory, NetworkError)
        self._writer: Any = module.SummaryWriter(os.fspath(directory), purge_step=epoch + 1 if epoch else None)

    def write(self, epoch: int, **values: float | Tensor) -> None:
        """One point of every curve, at `epoch`."""
        for name, value in values.items():
            if isinstance(value, Tensor):
                for member, item in enumerate(value.tolist()):
                    self._writer.add_scalar(f"{name}/{member}", item, epoch)
            else:
                self._writer.add_scalar(name, value, epoch)

    def close(self) -> None:
        """Write what is still in memory."""
        self._writer.close()


class Tracker:
    """A function of the user's that hears of every record."""

    def __init__(self, callback: Callable[[int, dict[str, Any]], None]) -> None:
        self._callback = callback

    def write(self, epoch: int, **values: float | Tensor) -> None:
        """Call it with plain numbers and lists."""
        self._callback(epoch, _plain(values))

    def close(self) -> None:
        """The function keeps what it wants to."""


class ProgressBar:
    """A bar with the medians over the members of objective and residual; tqdm's time left is its last figure."""

    def __init__(self, epochs: int, epoch: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=epochs, initial=epoch, desc="training", unit="epoch")

    def write(self, epoch: int, **values: float | Tensor) -> None:
        """Move to `epoch`."""
        loss, residual = (float(torch.as_tensor(values[name]).nanmedian()) for name in ("objective", "stationarity"))
        # The bar's own refresh would come before the numbers that belong to it.
        self._bar.set_postfix(loss=f"{loss:.3e}", residual=f"{residual:.1e}", refresh=False)
        self._bar.update(epoch - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()


def _plain(values: Mapping[str, float | Tensor]) -> dict[str, Any]:
    """Tensors as lists; numbers that JSON does not know as None."""
    return {
        name: [_number(item) for item in value.tolist()] if isinstance(value, Tensor) else _number(value)
        for name, value in values.items()
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
