"""What a training tells while it runs: metrics, TensorBoard, a progress bar, and the names of members that diverged."""

from __future__ import annotations

import importlib
import json
import logging
import math
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from geodepth.foundation.atomic_files import make_folder, write_atomically
from geodepth.foundation.shapes import Bool, Float
from geodepth.nets.network.errors import NetworkError

from .configuration import TrainingConfig

LOG = logging.getLogger("geodepth.nets")


class Reporter:
    """Opened with `with` for one session of a training, from `epoch` on.

    Raises
    ------
    NetworkError
        If a place cannot be written.
    """

    def __init__(self, config: TrainingConfig, epoch: int) -> None:
        self._places: list[MetricsFile | TensorBoard] = []
        if config.metrics is not None:
            self._places.append(MetricsFile(config.metrics, epoch))
        if config.tensorboard is not None:
            self._places.append(TensorBoard(config.tensorboard, epoch))
        self._bar: Any = None
        # On a terminal only, and where tqdm is installed; its own estimate of the time left is the bar's last figure.
        if config.progress and sys.stderr.isatty():
            try:
                from tqdm import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=config.total_epochs, initial=epoch, desc="training", unit="epoch")

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for place in self._places:
            place.close()
        if self._bar is not None:
            self._bar.close()

    def record(self, epoch: int, seconds: float, **values: Float[Tensor, " members"]) -> None:
        """Hand on one record: `values` holds objective and stationarity at least."""
        for place in self._places:
            place.write(epoch=epoch, seconds=seconds, **values)
        if self._bar is not None:
            # The medians over the members; the bar's own refresh would come before the numbers that belong to it.
            loss, residual = (float(values[name].nanmedian()) for name in ("objective", "stationarity"))
            self._bar.set_postfix(loss=f"{loss:.3e}", residual=f"{residual:.1e}", refresh=False)
            self._bar.update(epoch - self._bar.n)

    def diverged(self, members: Bool[Tensor, " members"], epoch: int) -> None:
        """Name members that have just blown up."""
        for member in members.nonzero()[:, 0].tolist():
            LOG.warning(
                "member %d diverged by epoch %d and is frozen at its last good state; a lower learning_rate or more "
                "layers may help",
                member,
                epoch,
            )


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
        if epoch and self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    known = json.loads(line)["epoch"] <= epoch
                except (ValueError, KeyError, TypeError):
                    # The last line of a session that died while writing.
                    continue
                if known:
                    kept.append(line + "\n")
        write_atomically(self.path, "".join(kept).encode(), NetworkError)

    def write(self, **values: float | Tensor) -> None:
        """Append one object; tensors become lists.

        Raises
        ------
        NetworkError
            If the file cannot be written any more.
        """
        record = {
            name: [_number(item) for item in value.tolist()] if isinstance(value, Tensor) else _number(value)
            for name, value in values.items()
        }
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, allow_nan=False) + "\n")
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


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
