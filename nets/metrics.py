"""Metrics of a training as JSON lines: one object for every record, readable while the training runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from torch import Tensor

from .checkpoint import write_atomically
from .errors import NetworkError


class MetricsFile:
    """A file that grows by one JSON object a line. Numbers that JSON does not know (NaN, infinities) become null."""

    def __init__(self, path: str | os.PathLike[str], epoch: int) -> None:
        """Start the file anew for epoch 0; for a resumed training keep what was recorded up to `epoch`.

        A session that died may have written records beyond its last checkpoint; the resumed one writes them again.
        Raises NetworkError if the file cannot be written.
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
        write_atomically(self.path, "".join(kept).encode())

    def write(self, **values: float | Tensor) -> None:
        """Append one object; tensors become lists."""
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


def _number(value: float) -> float | None:
    return value if bool(torch.isfinite(torch.tensor(value))) else None
