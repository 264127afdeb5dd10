"""The paper's figures, drawn from results. Each file's `draw` makes the figures of one experiment.

figure_1.py, figure_2.py, figure_3.py, projections.py, theorems.py, adaptivity.py, truth.py, motion.py, collapse.py,
chance.py, causes.py                                                         one experiment each
drawing.py                                                                   what they share
"""
