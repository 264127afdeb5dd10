"""What comes back: the path, its costates, how the solver ended.

solution.py        Solution, its samples and files; SolveError
read_back.py       from a solved program to a Solution, and back
sampling.py        a Solution between its nodes
resampling.py      a Solution on another mesh, as a start
certificate.py     checks with a verdict each
npz_files.py       arrays and metadata in one file, whole or not at all
path_multipliers.py  what those of path constraints do to costates and Hamiltonian
method_as_json.py  a method written into a file and revived
plots.py           states, controls and costates against time
phases/     what comes back of several phases
"""
