"""Between the towers and validation: control's geodesics and nets' networks become paths, and truths for given steps.

layouts.py       the one place that turns arrays between control's order of axes and that of nets
paths.py         the path of a geodesic, of weights in a geodesic's problem, of a network's member
never_above.py   the one rule by which no truth lies above a network that it judges
truths.py        truths for given layer steps, solved once and kept in files
content_keys.py  names of files that say what the content depends on
"""
