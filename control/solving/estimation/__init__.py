"""Free parameters and initial states from measured data.

estimate.py         by least squares, with their covariance, on a mesh whose own error is told
measurement.py      what was measured, its checks, the mesh that it needs, and its residuals
starts.py           where it starts: states read off the values, and a simulation
covariance.py       how well what was estimated is known, and how far the mesh moved it
"""

from .estimate import Estimate, estimate
from .measurement import Measurement

__all__ = ["Estimate", "Measurement", "estimate"]
