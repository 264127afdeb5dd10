"""Where the records of a training go: JSON lines, readable while it runs, and TensorBoard."""

from __future__ import annotations

import importlib
import json
import math
import os
from pathlib import Path
from typing import Any

from torch import Tensor

from geodepth.foundation.atomic_files import make_folder, write_atomically
from geodepth.nets.network.errors import NetworkError


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
