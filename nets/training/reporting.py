"""What a training tells while it runs: metrics, TensorBoard, a progress bar, and the names of members that diverged."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Any

from torch import Tensor

from geodepth.foundation.shapes import Bool, Float

from .configuration import TrainingConfig
from .metrics import MetricsFile, TensorBoard

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
