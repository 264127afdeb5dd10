"""The linear system of a Newton step, and the sweeps over the layers around it.

riccati.py          for few samples, by a recursion over the layers
riccati_kernels.py    its loops, compiled
block_cholesky.py   for many samples, condensed onto the weights
precision.py        single where the shift allows it
layer_sweeps.py     changes carried forward and forces carried back through all layers, compiled
"""
