"""What training tells while it runs: metrics as JSON lines, TensorBoard, the progress bar; places it cannot have."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geodepth.nets import LeakyResNet, NetworkError, TrainingConfig, train
from geodepth.nets.training.reporting import MetricsFile
from geodepth.nets.training.train import TrainingLoop

WEIGHT_DECAY = 0.01


def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    return x, torch.stack([x[:, 0].abs(), x[:, 1] - x[:, 2]], 1)


def network() -> LeakyResNet:
    generator = torch.Generator().manual_seed(1)
    return LeakyResNet(3, 2, 4, 6, 2.0, members=3, dtype=torch.float64, generator=generator)


def test_metrics_are_the_records_as_json_lines(tmp_path: Path) -> None:
    x, y = data()
    path = tmp_path / "deep" / "metrics.jsonl"
    config = TrainingConfig(WEIGHT_DECAY, 60, sgd_epochs=20, record_every=20, metrics=path)
    net = network()
    with torch.no_grad():
        net.weights[1].fill_(1e200)
    result = train(net, x, y, config)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == result.epochs[1:].tolist() == [20, 40, 60, 80]
    objectives = np.array([[line["objective"][0], line["objective"][2]] for line in lines])
    np.testing.assert_array_equal(objectives[:-1].astype(float), result.objectives[1:-1, [0, 2]])
    assert lines[-1]["diverged"] == [False, True, False]
    assert lines[-1]["objective"][1] is None
    np.testing.assert_allclose(np.array(lines[-1]["fit"], dtype=float)[[0, 2]], result.fit[[0, 2]], rtol=1e-12)
    # What a later session finds: its own records go, a line that was cut short goes, the others stay.
    path.write_text(path.read_text() + '{"epoch": 1')
    MetricsFile(path, 40)
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [20, 40]
    with pytest.raises(NetworkError, match="can be written"):
        train(network(), x, y, replace(config, metrics=path / "below"))


class Run:
    """Stands in for a tracker's run, which need not bear to be copied."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def __deepcopy__(self, memory: Any) -> Run:
        raise TypeError("a run is not copied")

    def log(self, epoch: int, values: dict[str, Any]) -> None:
        self.heard.append({"epoch": epoch, **values})


def test_a_callback_hears_what_the_metrics_hold_and_changes_no_training(tmp_path: Path) -> None:
    x, y = data()
    run, path = Run(), tmp_path / "metrics.jsonl"
    config = TrainingConfig(WEIGHT_DECAY, 60, record_every=20, metrics=path, checkpoint=tmp_path / "state")
    train(network(), x, y, replace(config, callback=run.log))
    assert run.heard == [json.loads(line) for line in path.read_text().splitlines()]
    # The checkpoint of that training is found by one without the callback: nothing is computed again.
    heard = len(run.heard)
    assert train(network(), x, y, config).interrupted is False
    assert len(run.heard) == heard

    def full(epoch: int, values: dict[str, Any]) -> None:
        raise OSError(f"no room at epoch {epoch}")

    with pytest.raises(OSError, match="no room at epoch 20"):
        train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 60, record_every=20, callback=full))
    with pytest.raises(NetworkError, match="callback is 3"):
        TrainingConfig(WEIGHT_DECAY, 60, callback=3)  # type: ignore[arg-type]


class Writer:
    """Stands in for TensorBoard's, which the tests do not install: keeps the scalars that it is given."""

    points: dict[str, list[tuple[int, float]]]

    def __init__(self, directory: str, purge_step: int | None) -> None:
        type(self).points = {}
        assert Path(directory).is_dir()
        assert purge_step is None

    def add_scalar(self, name: str, value: float, epoch: int) -> None:
        self.points.setdefault(name, []).append((epoch, value))

    def close(self) -> None:
        self.points["closed"] = []


def test_tensorboard_gets_every_record_of_every_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data()
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    config = TrainingConfig(WEIGHT_DECAY, 60, sgd_epochs=0, record_every=20, tensorboard=tmp_path / "board")
    result = train(network(), x, y, config)
    for member in range(3):
        curve = dict(Writer.points[f"objective/{member}"])
        assert list(curve) == [20, 40, 60]
        np.testing.assert_array_equal([curve[20], curve[40]], result.objectives[1:3, member])
        assert f"stationarity/{member}" in Writer.points
    assert "closed" in Writer.points


def test_places_that_cannot_be_written_are_named_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(TrainingLoop, "run_epoch", lambda self, state: pytest.fail("trained"))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    for name in ("checkpoint", "metrics", "tensorboard"):
        with pytest.raises(NetworkError, match="can be written"):
            train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 5, **{name: tmp_path / "file" / "below"}))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(NetworkError, match=r"tensorboard.*not installed.*pip install") as caught:
        train(network(), x, y, TrainingConfig(WEIGHT_DECAY, 5, tensorboard=tmp_path / "board"))
    assert "\n" not in str(caught.value)


def test_progress_bar_shows_objective_residual_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = data()
    config = TrainingConfig(WEIGHT_DECAY, 60, sgd_epochs=0, record_every=20, progress=True)
    train(network(), x, y, config)
    assert capsys.readouterr().err == ""  # no bar in a log
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = train(network(), x, y, config)
    last = capsys.readouterr().err.split("\r")[-1]
    assert f"loss={np.median(result.objectives[-1]):.1e}"[:8] in last
    assert "residual=" in last
    assert "60/60" in last
    assert "<00:00" in last  # tqdm's time left
