"""geodepth solve: the list, a solve against its reference, plots and files, refusals, and failures that are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodepth.cli.main import main
from geodepth.control import SOLVERS, MultiPhaseSolution, Solution
from geodepth.control.problems import load, names


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(("solve", *arguments))
    captured = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 1), captured.out, captured.err


def value(out: str, label: str) -> float:
    """The number behind a label at the start of a line."""
    line = next(line for line in out.splitlines() if line.startswith(f"  {label}"))
    return float(line[20:].split()[0].rstrip(",;"))


def test_the_list_shows_every_problem_with_its_reference(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--list")
    assert code == 0
    for name in names():
        classic = load(name)
        for words in (name, classic.title, classic.statement, classic.source, f"{classic.reference:.12g}"):
            assert words in out


def test_a_film_is_written_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "slide.gif"
    whole = Solution.animate
    monkeypatch.setattr(Solution, "animate", lambda self, pose: whole(self, pose, seconds=0.2))
    code, out, _ = run(capsys, "brachistochrone", "--animate", str(film))
    assert code == 0
    assert f"film               {film}" in out
    assert film.read_bytes().startswith(b"GIF")
    monkeypatch.setattr("shutil.which", lambda program: None)
    code, _, error = run(capsys, "brachistochrone", "--animate", str(tmp_path / "slide.mp4"))
    assert code == 2
    assert ".mp4 needs the program ffmpeg, which is not there; give a .gif" in error


def test_a_problem_is_solved_compared_drawn_and_saved(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plot, file = tmp_path / "slide.svg", tmp_path / "slide.npz"
    code, out, _ = run(capsys, "brachistochrone", "--plot", str(plot), "--out", str(file))
    assert code == 0
    assert value(out, "final time") == pytest.approx(0.824759143157, abs=1e-8)
    assert value(out, "reference") == 0.824759143157
    assert abs(value(out, "difference")) < 1e-8
    assert "verified to" in out
    assert "multiple shooting, RK4, linear controls, 40 intervals, ipopt" in out
    assert "cycloid" in plot.read_text() or plot.stat().st_size > 10_000
    assert Solution.load(file).cost == pytest.approx(0.824759143157, abs=1e-8)


def test_a_problem_of_several_phases_is_solved_compared_drawn_and_saved(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plot, file = tmp_path / "robot.svg", tmp_path / "robot.npz"
    code, out, _ = run(capsys, "two-phase-robot", "--plot", str(plot), "--out", str(file))
    assert code == 0
    assert value(out, "cost") == pytest.approx(1.041686, rel=1e-6)
    assert "along x, until 1 s" in out
    assert "along y, until 2 s" in out
    assert "direct collocation, Radau IIA 3, constant controls, 80 intervals, ipopt" in out
    assert "along x → along y: costates" in out
    assert plot.stat().st_size > 10_000
    assert list(MultiPhaseSolution.load(file).phases) == ["along x", "along y"]


def test_a_maximum_is_shown_with_its_own_sign_and_the_exact_optimum(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "goddard-rocket", "--intervals", "60", "--solver", "fatrop")
    assert code == 0
    assert value(out, "final height") == pytest.approx(1.0128369183, abs=1e-6)
    assert value(out, "exact") == pytest.approx(1.0128369183, abs=1e-10)
    assert "constant controls, 60 intervals, fatrop" in out


@pytest.mark.parametrize(
    ("arguments", "words", "error"),
    [
        # The optimum has polynomial arcs of degree 3 between nodes at the corners of 12 intervals.
        (("--method", "collocation", "--intervals", "12"), "direct collocation, Radau IIA 3", 1e-6),
        (("--method", "collocation", "--order", "5", "--intervals", "12"), "direct collocation, Radau IIA 5", 1e-6),
        (("--method", "shooting", "--control", "linear", "--intervals", "30"), "RK4, linear controls", 1e-6),
        # Constant controls leave h²/12 of the control's slope of 18, squared, over two thirds of the horizon.
        (("--control", "constant", "--mesh", "uniform", "--intervals", "60"), "RK4, constant controls", 1e-2),
    ],
)
def test_method_mesh_and_solver_are_chosen(
    arguments: tuple[str, ...], words: str, error: float, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "bryson-denham", *arguments)
    assert code == 0, out
    assert words in out
    assert abs(value(out, "difference")) <= error


def test_a_mesh_is_refined_to_a_tolerance(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "zermelo-vortex", "--mesh", "refined", "--tolerance", "1e-7")
    assert code == 0, out
    assert abs(value(out, "difference")) <= 1e-6
    assert "finer mesh" in out


def test_verification_in_full_adds_a_finer_mesh(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "double-integrator-energy", "--verify")
    assert code == 0, out
    assert "finer mesh" in out
    assert "end to end" in out


def test_a_mesh_that_is_too_coarse_is_denied(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, errors = run(capsys, "cart-pole", "--intervals", "6")
    assert code == 3
    assert "DENIED" in out
    assert "not verified" in errors
    assert errors.count("\n") == 1


def test_a_failed_solve_keeps_its_last_iterate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "last.npz"
    # Speeding up and braking at two constant accelerations needs a speed of 2, and 1.2 is the limit.
    arguments = ("--control", "constant", "--intervals", "2", "--out", str(file))
    code, out, errors = run(capsys, "double-integrator-energy-speed-bound", "--mesh", "uniform", *arguments)
    assert code == 3
    assert "last iterate" in errors
    assert errors.count("\n") == 1
    assert not Solution.load(file).success
    assert "reference" not in out


def test_the_help_names_every_solver(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--help")
    text = out.partition("--solver STR")[2].partition("--tolerance")[0]
    assert all(solver in text for solver in SOLVERS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no problem named"),
        (("glider",), "there is no problem 'glider'"),
        (("brachistocrone",), "there is no problem 'brachistocrone'; did you mean brachistochrone? The library has"),
        (("rayleigh", "--solver", "abacus"), "solver is 'abacus'"),
        (("rayleigh", "--method", "magic"), "--method is 'magic'; choose one of default, shooting, collocation"),
        (("rayleigh", "--mesh", "fine"), "--mesh is 'fine'; choose one of"),
        (("rayleigh", "--control", "cubic"), "control is 'cubic'"),
        (("rayleigh", "--intervals", "0"), "intervals is 0"),
        (("rayleigh", "--tolerance", "2"), "tolerance is 2.0"),
        (("rayleigh", "--order", "3"), "--order belongs to collocation"),
        (("rayleigh", "--method", "collocation", "--control", "linear"), "--control belongs to shooting"),
        (("rayleigh", "--method", "collocation", "--order", "12"), "order is 12"),
        (("rayleigh", "--plot", "picture.docx"), "--plot is picture.docx"),
        (("rayleigh", "--animate", "film.avi"), "--animate is film.avi; give a name that ends in .gif or .mp4"),
        (("rayleigh", "--out", "/nowhere/x.npz"), "no folder"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert words in errors
    assert errors.count("\n") == 1
