"""The figures of a report: one function, one figure, each in the file of its name. None touches pyplot or a display.

waterfall.py         the landscape of minima: the cost in which every start ended
search_course.py     who of independent searches found what, and when
training_curves.py   the cost of networks while they trained, against the truth
costs/               how far costs lie above the best known, and above the continuous path
paths_2d.py          every sample's way through depth, in one plane
spectra.py           singular values of representations and weights along depth
energies.py          energies, Hamiltonian and estimates of the bottleneck rank along depth
kernel_heatmap.py    distances of the kernels of truth and network, layer by layer
step_densities.py    how densely each path places its layers
phase_diagram.py     how many directions the weights keep at each layer

rank_axis.py         the axis of estimates of the bottleneck rank
projection.py        the plane that figures and explorer put the samples in
style.py             the looks: colours, type sizes, axes, legends; figures as SVG and PNG
"""
