"""The structured Newton method: samples couple only through the weights."""
