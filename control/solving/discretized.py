"""A problem of one phase or several, transcribed by the methods and on the meshes that were asked for."""

from collections.abc import Mapping

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.model.problem import OptimalControlProblem, check_problem
from geodepth.control.transcription.mesh import Mesh, check_mesh
from geodepth.control.transcription.multiple_shooting import MultipleShooting
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription, link_phases
from geodepth.control.transcription.transcription import Method, Transcription, check_method

from .phases.one_for_each import one_for_each

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


def discretized_phases(
    problem: MultiPhaseProblem, method: Method | Mapping[str, Method] | None, mesh: Mesh | Mapping[str, Mesh] | None
) -> tuple[dict[str, Method], LinkedTranscription]:
    """The methods by phase, and the problem transcribed by them on its meshes.

    Parameters
    ----------
    problem : MultiPhaseProblem
        What to solve.
    method : Method, mapping or None
        One for all phases, or a mapping by name.
    mesh : Mesh, mapping or None
        Likewise.

    Raises
    ------
    ProblemError
        For what is no method or mesh, mappings that lack a phase, and what a method cannot transcribe.
    """
    methods, meshes = one_for_each("method", method, problem), one_for_each("mesh", mesh, problem)
    found = {name: discretized(phase, methods[name], meshes[name]) for name, phase in problem.by_name.items()}
    transcriptions = {name: transcription for name, (_, transcription) in found.items()}
    return {name: own for name, (own, _) in found.items()}, link_phases(problem, transcriptions)
