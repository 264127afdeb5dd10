"""What every other room stands on. It imports Python and NumPy alone, and no other room.

- activations: the one spelling of activations, with values and derivatives in NumPy.
- argument_checks: checks of numbers, counts, choices and arrays that a user gives.
- blas_threads: one BLAS thread inside a function.
- errors: the base of all errors of the user's making.
- files: files written whole, and read whatever has befallen them.
- frozen_copies: read-only copies of what a record is given.
- interruption: Ctrl-C that lets the present step end.
- machine_limits: the refusal of absurd sizes, by memory and time.
- numerics: formulas that several rooms need.
- optional_parts: libraries that only some uses need, and the extras that bring them.
- shapes: shapes of arrays in types.
- time_limits: how long a block may take, however deep the work in it.
- versions: of the libraries that a result depends on.
- worker_processes: pools of processes.
"""
