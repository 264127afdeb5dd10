"""How to discretize: meshes, integrators, and methods that turn a problem into a nonlinear program."""
