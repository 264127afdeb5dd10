"""geodepth train: what it saves comes back in the data's own units; what the user can mend ends in one line, code 2."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from geodepth.cli.main import main

SMALL = ("--epochs", "60", "--layers", "6", "--members", "2")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(("train", *arguments))
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 1), captured.out, captured.err


def test_saved_network_answers_in_the_units_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from geodepth.nets import LeakyResNet

    rng = np.random.default_rng(0)
    x = 40.0 + 5.0 * rng.standard_normal((30, 2))
    y = 1000.0 + 20.0 * (x[:, 0] - x[:, 1])
    rows = [f"{a},{b},{c}" for (a, b), c in zip(x, y, strict=True)]
    (tmp_path / "d.csv").write_text("\n".join(["first,second,target", *rows]) + "\n")
    out = tmp_path / "net"
    arguments = (str(tmp_path / "d.csv"), *SMALL, "--epochs", "400", "--samples", "20", "--out", str(out))
    code, text, _ = run(capsys, *arguments)
    assert code == 0
    assert "test fit" in text
    errors = LeakyResNet.load(out).predict(x)[..., 0].numpy() - y
    # Standardization has to be undone for that: the targets' mean is 1000, their deviation about 140.
    assert np.abs(errors).mean() < 20.0
    config = json.loads((out / "config.json").read_text())
    assert config["about"]["settings"]["epochs"] == 400
    assert len((out / "metrics.jsonl").read_text().splitlines()) > 2
    saved = (out / "network.safetensors").read_bytes()
    again, repeated, _ = run(capsys, *arguments, "--resume")
    assert again == 0
    assert repeated.splitlines()[:4] == text.splitlines()[:4]
    assert (out / "network.safetensors").read_bytes()[-1000:] == saved[-1000:]


def test_newtons_method_comes_last_where_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = run(capsys, "iris", "--samples", "12", *SMALL, "--to-stationarity", "--out", str(tmp_path / "net"))
    assert code == 0
    assert "Newton" in text
    config = json.loads((tmp_path / "net" / "config.json").read_text())
    assert max(config["about"]["stationarity"]) <= 1e-9


def test_penalized_projections_are_told_apart_and_end_stationary_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from geodepth.nets import LeakyResNet

    teacher = ("teacher", "--dimensions", "3", "1", "3", "--kind", "linear", "--samples", "6", *SMALL)
    arguments = (*teacher, "--projections", "penalized", "--activation", "linear", "--out", str(tmp_path / "net"))
    code, text, _ = run(capsys, *arguments)
    assert code == 0
    assert "of E and P" in text
    code, text, _ = run(capsys, *arguments, "--to-stationarity", "--json")
    assert code == 0
    found = json.loads(text)
    np.testing.assert_allclose(found["objective"], np.add(found["path_objective"], found["projection_penalty"]))
    assert found["newton"]["converged"] == [True, True]
    network = LeakyResNet.load(tmp_path / "net")
    # At the end the sizes balance: ‖P‖² = ‖E‖² + Σρ‖b‖²/L̃, to some ten times the residual of 1e-9.
    biases = (network.layer_steps * network.weights[..., -1].square().sum(2)).sum(1) / network.effective_depth
    left = network.embedding.square().sum((1, 2)) + biases
    torch.testing.assert_close(left, network.readout.square().sum((1, 2)), rtol=1e-8, atol=0.0)


def test_teachers_of_any_dimensions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    teacher = ("teacher", "--dimensions", "4", "2", "5", "--kind", "residual", "--samples", "12")
    code, text, _ = run(capsys, *teacher, *SMALL, "--out", str(tmp_path / "net"))
    assert code == 0
    assert "residual teacher 4 → 2 → 5, 12 samples, seed 0; bottleneck rank 2" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("iris", "--layers", "3", "--effective-depth", "3", "--steps", "equidistant"), "layers is 3"),
        (("iris", "--learning-rate", "-0.1"), "learning_rate is -0.1"),
        (("iris", "--weight-decay", "0"), "weight_decay is 0.0"),
        (("iris", "--device", "cuda:9"), "device is 'cuda:9'"),
        (("iris", "--device", "abacus"), "device is 'abacus'"),
        (("iris", "--steps", "random"), "--steps is 'random'"),
        (("iris", "--dtype", "float16"), "--dtype is 'float16'"),
        (("iris", "--activation", "swish"), "activation is 'swish'"),
        (("iris", "--width", "3"), "width is 3, smaller than the 4 rows of the inputs of iris"),
        (("iris", "--batch-size", "151"), "batch_size is 151"),
        (("iris", "--samples", "2"), "samples is 2"),
        (("iris", "--kind", "linear"), "iris takes no option kind"),
        (("teacher", "--dimensions", "3"), "dimensions is (3,)"),
        (("iris", "--resume"), "--resume finds no checkpoint"),
        (("irises",), "data set 'irises' is unknown"),
        (("nan.csv",), "has 'nan' in column a, row 3"),
        (("constant.csv",), "inputs are constant (1) in column a"),
        (("ragged.csv",), "row 3 does not"),
        (("words.csv",), "has words in column a ('one', 'two'), where numbers are needed; write 0 and 1, or remove it"),
        (("empty.csv",), "holds 0 lines"),
        (("lengths.npz",), "inputs hold 3 samples and targets 2"),
        (("pickle.npz",), "no readable .npz file"),
    ],
)
def test_what_the_user_can_mend_ends_in_one_line_before_training(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("nan", "a,b\n1,2\nnan,3\n4,5\n"),
        ("constant", "a,b\n1,2\n1,3\n"),
        ("ragged", "a,b\n1,2\n3\n"),
        ("words", "a,b\none,2\ntwo,3\n"),
        ("empty", ""),
    ):
        (tmp_path / f"{name}.csv").write_text(text)
    np.savez(tmp_path / "lengths.npz", inputs=np.arange(3.0)[None], targets=np.arange(2.0)[None])
    (tmp_path / "pickle.npz").write_bytes(b"\x80\x04K\x01.")
    code, out, errors = run(capsys, *arguments, "--out", "net")
    assert code == 2
    assert words in errors
    assert errors.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "net").exists()


def test_a_place_that_cannot_be_written_is_called_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    code, out, errors = run(capsys, "iris", "--samples", "12", *SMALL, "--out", str(tmp_path / "file" / "net"))
    assert code == 2
    assert f"--out is {tmp_path / 'file' / 'net'}; expected a folder that can be written" in errors
    assert errors.count("\n") == 1
    assert out == ""


def test_no_warning_comes_from_the_libraries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PyTorch warns, once a process, of arrays that cannot be written, and those of a data set are frozen."""
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            code, text, errors = run(capsys, "iris", "--samples", "12", *SMALL, "--out", str(tmp_path / "net"))
    finally:
        torch.set_warn_always(False)
    assert code == 0
    assert "test fit" in text
    assert errors == ""
