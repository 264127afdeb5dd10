"""What a task measures.

problems.py       what is asked for: the parameters of a measure, as records
networks.py       an ensemble is trained
truths.py         geodesics are solved
beside_truths.py  networks are trained by several optimizers, each beside its geodesic
settled_truths.py geodesics searched in stages, with networks of the same problem
motion.py         how paths move: transport, turnpike
collapse.py       neural collapse along p
chance.py         how often training finds the best path
causes.py         what moves the estimates of the rank
depth_ladder.py   the way to a large effective depth
path_numbers.py   a row of numbers and curves, of one path
gathering.py      arrays of many seeds, stacked
"""
