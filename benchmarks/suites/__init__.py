"""Problems of other tools' suites and of textbooks, with optima that are published or in closed form.

record.py      what a problem is here
bounds.py      states and controls on their bounds, and path constraints
least_time.py  free final times
reactors.py    chemistry and biology: singular feeds, temperatures, several time scales
"""
