"""The indirect method: Pontryagin's boundary-value problem by Gauss collocation, with kinks as nodes of the mesh.

- solve_indirect: from a direct solution to the smoothed extremal.
- resolve_kinks: from there to the exact ReLU's.
- refined_extremal: meshes until cost and H settle.
- extremal: the result.
- collocated_path: an iterate, as polynomials.
- collocation_newton, collocation_step: Newton's method, and the linear algebra of one step.
- event_conditions: the equations of crossings and rests.
- crossings, rests: where they are.
- remeshing: the same path on another mesh.
"""
