"""A problem of several phases, transcribed by the methods and on the meshes that were asked for."""

from collections.abc import Mapping

from geodepth.control.model.phases.multi_phase_problem import MultiPhaseProblem
from geodepth.control.solving.discretized import discretized
from geodepth.control.transcription.mesh import Mesh
from geodepth.control.transcription.phases.linked_transcription import LinkedTranscription, link_phases
from geodepth.control.transcription.transcription import Method

from .one_for_each import one_for_each


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
