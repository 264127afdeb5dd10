"""A problem of one phase, transcribed by the method and on the mesh that were asked for."""

from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.transcription import Method, Transcription, check_method

DEFAULT_INTERVALS = 40
"""Of the mesh where none is given (chosen by hand)."""


def discretized(
    problem: OptimalControlProblem, method: Method | None, mesh: Mesh | None
) -> tuple[Method, Transcription]:
    """The method, and the problem transcribed by it on the mesh.

    Parameters
    ----------
    problem : OptimalControlProblem
        What to solve.
    method : Method or None
        By default MultipleShooting(), of x_next MultipleShooting("map").
    mesh : Mesh or None
        By default 40 equal intervals, of x_next one for each step.

    Raises
    ------
    ProblemError
        For what is no problem, method or mesh, and what the method cannot transcribe.
    """
    check_problem(problem)
    mesh = Mesh.uniform(problem.steps or DEFAULT_INTERVALS) if mesh is None else mesh
    method = MultipleShooting("rk4" if problem.steps is None else "map") if method is None else method
    check_mesh(mesh)
    check_method(method)
    return method, method.transcribe(problem, mesh)
