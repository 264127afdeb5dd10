"""geodepth compare: files in, verdicts out; exit codes; one line for what cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodepth.cli.main import main
from geodepth.control import GeodesicSolution, RepresentationGeodesic, solve_geodesic
from geodepth.validation import RepresentationPath, load_dataset, save_path
from geodepth.validation.bridge.paths import path_of_geodesic

LAYERS = 5


@pytest.fixture(scope="module")
def solution() -> GeodesicSolution:
    data = load_dataset("teacher", samples=6)
    geodesic = RepresentationGeodesic(data.inputs, data.targets, 4, 1.5, 1e-2)
    return solve_geodesic(geodesic, layers=LAYERS, starts=6, progress=False)


@pytest.fixture(scope="module")
def folder(solution: GeodesicSolution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth, and networks in every kind of file."""
    from safetensors.numpy import save_file

    place = tmp_path_factory.mktemp("files")
    solution.save(place / "truth.npz")
    save_path(path_of_geodesic(solution, "the truth itself"), place / "same.npz")
    save_file({"weights": solution.weights}, place / "elsewhere.safetensors")
    save_file({"weights": 0.8 * solution.weights}, place / "half.safetensors")
    # Another number of layers: every layer split in two.
    save_file({"weights": np.repeat(solution.weights, 2, axis=0)}, place / "finer.safetensors")
    return place


def network(solution: GeodesicSolution, factor: float) -> RepresentationPath:
    """The truth's network with its weights scaled."""
    path = path_of_geodesic(solution, "")
    return RepresentationPath.from_weights(
        factor * path.weights, path.layer_steps, path.inputs, path.targets, path.embedding, path.readout, 1.5, 1e-2
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *arguments])
    captured = capsys.readouterr()
    return int(str(ended.value.code)), captured.out, captured.err


def test_files_of_every_kind_are_compared(
    folder: Path, solution: GeodesicSolution, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(folder / name) for name in ("same.npz", "elsewhere.safetensors", "half.safetensors")]
    code, out, _ = run(capsys, str(folder / "truth.npz"), *files, "--out", str(tmp_path / "r"), "--as-given",
                       "--data", "teacher", "--samples", "6")  # fmt: skip
    assert code == 0
    lines = out.splitlines()
    assert "same: at the best path known" in lines[0]
    assert "elsewhere: at the best path known" in lines[1]
    assert "half: " in lines[2]
    assert "at the best path known" not in lines[2]
    numbers = json.loads((tmp_path / "r" / "report.json").read_text())
    assert [n["name"] for n in numbers["networks"]] == ["same", "elsewhere", "half"]
    assert numbers["networks"][1]["comparison"]["relative_excess"] == pytest.approx(0.0, abs=1e-12)
    half = network(solution, 0.8)
    assert numbers["networks"][2]["comparison"]["excess"] == pytest.approx(half.cost - solution.cost, rel=1e-10)
    held_out = load_dataset("teacher", samples=6)
    error = half.error(held_out.test_inputs, held_out.test_targets)
    assert numbers["networks"][2]["test_error"] == pytest.approx(error, rel=1e-12)
    assert numbers["truths"][0]["test_error"] is not None
    assert str(folder) not in (tmp_path / "r" / "report.html").read_text()


def test_other_steps_get_a_truth_of_their_own_and_the_continuous_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(folder / "truth.npz"), str(folder / "finer.safetensors"), "--out", str(tmp_path), "--starts", "0",
                 "--workers", "1"]  # fmt: skip
    code, out, _ = run(capsys, *arguments)
    assert code == 0, out
    numbers = json.loads((tmp_path / "report.json").read_text())
    (finer,) = numbers["networks"]
    truth = next(t for t in numbers["truths"] if t["name"] == finer["truth"])
    assert len(truth["layer_steps"]) == 2 * LAYERS
    assert finer["comparison"]["same_steps"] is True
    assert finer["comparison"]["relative_excess"] > 0.0
    limit = numbers["continuous"]
    assert limit["layers"] == [LAYERS, 2 * LAYERS, 4 * LAYERS]
    one, two, four = limit["costs"]
    assert limit["cost"] == pytest.approx((8 * four - 6 * two + one) / 3, rel=1e-12)  # Richardson's second order
    assert finer["comparison"]["continuous"]["total"] == pytest.approx(finer["cost"] - limit["cost"], rel=1e-9)
    # Kept parts: the same command solves nothing again.
    _, _, said = run(capsys, *arguments)
    assert said.strip() == "comparing and writing the report"


def test_a_network_below_the_truth_has_it_solved_again(
    folder: Path, solution: GeodesicSolution, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poor = network(solution, 1.05)
    worse = replace(
        solution, weights=poor.weights, representations=poor.representations, cost=poor.cost, minima=(),
        weight_values=poor.weights[:, None],
    )  # fmt: skip
    truth, better = str(worse.save(tmp_path / "worse.npz")), str(folder / "elsewhere.safetensors")
    code, out, _ = run(capsys, truth, better, "--out", str(tmp_path / "a"), "--as-given")
    assert code == 1
    assert "below the truth: solve the truth again" in out
    code, out, _ = run(capsys, truth, better, "--out", str(tmp_path / "b"), "--workers", "1")
    assert code == 0
    assert "at the best path known" in out
    assert "A network led to a path cheaper than the given truth" in (tmp_path / "b" / "report.html").read_text()


def test_exit_code_of_a_required_optimum(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--out", str(tmp_path), "--as-given", "--require-optimum"]
    assert run(capsys, str(folder / "truth.npz"), str(folder / "same.npz"), *common)[0] == 0
    assert run(capsys, str(folder / "truth.npz"), str(folder / "half.safetensors"), *common)[0] == 1


def test_what_cannot_be_compared_ends_in_one_line(
    folder: Path, solution: GeodesicSolution, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = path_of_geodesic(solution, "other data")
    other = RepresentationPath.from_weights(
        path.weights, path.layer_steps, path.inputs[:, ::-1] + 0.1, path.targets, path.embedding, path.readout, 1.5,
        1e-2,
    )  # fmt: skip
    save_path(other, tmp_path / "other.npz")
    (tmp_path / "broken.safetensors").write_bytes(b"\x00" * 40)
    (tmp_path / "file").write_text("")
    truth, same = str(folder / "truth.npz"), str(folder / "same.npz")
    for arguments, words in (
        ((truth, str(tmp_path / "other.npz")), "other.npz: the path belongs to other samples than the truth"),
        ((truth, str(tmp_path / "broken.safetensors")), "no readable safetensors file"),
        ((truth, str(tmp_path / "none.npz")), "there is no file"),
        ((str(tmp_path / "none.npz"), same), "there is no file"),
        ((str(tmp_path / "broken.safetensors"), same), "not a whole"),
        ((truth,), "no network is given"),
        ((truth, same, "--data", "iris"), "has other inputs than the truth"),
        ((truth, same, "--out", str(tmp_path / "file" / "x")), "expected a folder that can be written"),
        ((truth, same, "--starts", "-1"), "--starts is -1"),
    ):
        out = () if "--out" in arguments else ("--out", str(tmp_path / "out"))
        code, _, errors = run(capsys, *arguments, *out)
        assert code == 2, arguments
        assert words in errors
        assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_reports_are_set_side_by_side(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, network in (("one", "same.npz"), ("two", "half.safetensors")):
        arguments = (str(folder / "truth.npz"), str(folder / network), "--as-given", "--out", str(tmp_path / name))
        assert run(capsys, *arguments, "--figures", "svg")[0] == 0
        assert (tmp_path / name / "figures" / "excess.svg").exists()
    both, out = (str(tmp_path / "one"), str(tmp_path / "two" / "report.html")), ("--out", str(tmp_path / "both"))
    code, said, _ = run(capsys, *both, *out)
    assert code == 0
    assert said.splitlines()[0].startswith("At the best path known are 1 of 1 in one, 0 of 1 in two")
    assert said.splitlines()[-1] == f"side by side: {tmp_path / 'both' / 'runs.html'}"
    code, said, _ = run(capsys, *both, *out, "--json", "--require-optimum")
    assert code == 1
    numbers = json.loads(said)
    assert [entry["name"] for entry in numbers["runs"]] == ["one", "two"]
    assert numbers["remarks"] == []  # one question, one truth
    assert numbers["runs"][0]["networks"]["at_best"] == 1
    for more, words in (
        (("--seed", "3"), "reports are set side by side as they are"),
        (("--figures", "pdf"), "reports are set side by side as they are"),
        (("x.json",), "no report"),
    ):
        code, _, errors = run(capsys, *both, *more, *out)
        assert code == 2
        assert words in errors
        assert errors.count("\n") == 1
