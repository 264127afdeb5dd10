"""RepresentationPath, the one type in which an optimizer's geodesic and a trained network meet.

objective.py            what a network is asked: data, projections, L̃, λ, σ
network.py              the maps from layer to layer, forwards and backwards
representation_path.py  RepresentationPath, its quantities, and the ways to make one
consistency.py          whether arrays fit an objective and each other
files.py                one path in one .npz file
network_files.py        paths from safetensors files of networks
"""
