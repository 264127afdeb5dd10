"""Sweeps: grids of parameters times seeds, measured over any executor, into files.

outcome.py         what a measure returns
known_measures.py  the measures that a specification names in one word
tasks.py           one measurement, and its identity
sweep.py           a specification, and the tasks that it stands for
selection.py       which tasks a run is for
plan.py            what they will take, said before
execution.py       running what is missing
circumstances.py   which code and hardware measured a number
progress.py        how far a run is
results.py         results on disk
tables.py          from results to rows and CSV
statistics.py      medians with intervals, and paired effects
"""
