"""`geodepth.nets` runs where PyTorch, NumPy and the standard library are all there is."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib.abc, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ImportError(name + " is not on this machine")
        return None

sys.meta_path.insert(0, Blocked())
import torch
from geodepth.nets import LeakyResNet, NewtonConfig, TrainingConfig, train, train_to_stationarity
network = LeakyResNet(1, 1, 2, 3, 1.0, dtype=torch.float64)
config = TrainingConfig(0.1, 5, progress=True)
result = train(network, [[1.0], [2.0]], [[0.5], [0.0]], config)
train_to_stationarity(network, [[1.0], [2.0]], [[0.5], [0.0]], NewtonConfig(0.1))
assert not set(sys.modules) & {blocked}
print("trained")
"""


def test_nothing_but_torch_and_numpy_is_needed_to_train() -> None:
    blocked = {"casadi", "scipy", "sklearn", "matplotlib", "safetensors", "tqdm", "tyro", "jaxtyping"}
    program = PROGRAM.replace("{blocked}", repr(blocked))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "trained", done.stderr
