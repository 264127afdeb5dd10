"""What solvers print is kept from the console: of one thread, and but for the user's own functions."""

import sys
import threading

import casadi as ca
import pytest

from geodepth.control import Mesh, MultipleShooting, OptimalControlProblem, ProblemError, solve
from geodepth.control.solvers.solver_output import heard, muted

LOGARITHM = OptimalControlProblem(
    name="log",
    states=("x",),
    controls=("u",),
    dynamics=lambda x, u, t, p: [u[0] + ca.log(x[0] - 1)],
    running_cost=lambda x, u, t, p: u[0] ** 2,
    initial_state={"x": 0.0},
)


def test_one_thread_is_muted(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    with muted("stderr") as kept:
        print("solver", file=sys.stderr)
        other = threading.Thread(target=lambda: print("other", file=sys.stderr))
        other.start()
        other.join()
        with heard():
            print("callback", file=sys.stderr)
        print("again", file=sys.stderr)
    print("after", file=sys.stderr)
    assert sys.stderr is before
    assert "".join(kept) == "solver\nagain\n"
    assert capsys.readouterr().err == "other\ncallback\nafter\n"


@pytest.mark.parametrize("solver", ["ipopt", "sqp", "fatrop"])
@pytest.mark.parametrize("integrator", ["rk4", "cvodes"])
def test_a_failing_solve_prints_nothing(solver: str, integrator: str, capfd: pytest.CaptureFixture[str]) -> None:
    solve(LOGARITHM, MultipleShooting(integrator), Mesh.uniform(3), solver=solver, raise_on_failure=False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"linear_solver": "ma57"}, "cannot load what an option names"),
        ({"linear_solver": "abc"}, '"abc" is not a valid setting for Option: linear_solver'),
        ({"nonsense": 1}, "No such IPOPT option: nonsense"),
        ({"max_iter": -4}, '"-4" is not a valid setting'),
        ({3: 4}, "a mapping from the solver's option names"),
    ],
)
def test_an_option_that_is_refused_is_one_line(
    options: dict[str, object], reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ProblemError) as caught:
        solve(LOGARITHM, mesh=Mesh.uniform(3), guess={"x": 3.0}, options=options)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_callbacks_print(capsys: pytest.CaptureFixture[str]) -> None:
    problem = OptimalControlProblem(
        "s", ("x",), ("u",), lambda x, u, t, p: [u[0]], lambda x, u, t, p: u[0] ** 2 + x[0] ** 2, None, {"x": 1.0}
    )
    solve(problem, mesh=Mesh.uniform(3), callback=lambda p: print(p.iteration, file=sys.stderr))
    assert capsys.readouterr().err.startswith("0\n1\n")
