"""geodepth train: an ensemble of Leaky ResNets on a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class Train:
    """Train Leaky ResNets, many at once, and save them; interrupted, the same command goes on from its checkpoint."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
    """iris, teacher, wine, diabetes, digits, or a .npz or .csv file."""
    out: Path = Path("network")
    """Folder for network.safetensors, config.json and the checkpoint."""
    width: int = 6
    """Neurons w."""
    layers: int = 20
    """Layers L."""
    effective_depth: float = 3.0
    """Effective depth L̃."""
    weight_decay: float = 1e-3
    """Weight decay λ."""
    steps: str = "adaptive"
    """Layer steps: equidistant, irregular or adaptive."""
    members: int = 1
    """Networks in the ensemble."""
    samples: int | None = None
    """Training samples to draw from the data; all by default."""
    epochs: int = 5000
    """Epochs of Adam; a tail of gradient descent of a fifth as many follows."""
    learning_rate: float = 0.1
    """Of Adam, at the start."""
    seed: int = 0
    """Of the draw of samples and of the networks."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, …"""
    dtype: str = "float64"
    """float64 or float32."""
    restart: bool = False
    """Start over, although there is a checkpoint of this very training."""

    def run(self) -> int:
        import numpy as np
        import torch

        from geodepth.control import ProblemError
        from geodepth.nets import LeakyResNet, TrainingConfig, save_network, train
        from geodepth.validation import load_dataset

        if self.dtype not in ("float64", "float32"):
            raise ProblemError(f"--dtype is {self.dtype!r}; choose float64 or float32")
        data = load_dataset(self.data, samples=self.samples, seed=self.seed)
        network = LeakyResNet(
            inputs=data.inputs.shape[0],
            outputs=data.targets.shape[0],
            width=self.width,
            layers=self.layers,
            effective_depth=self.effective_depth,
            members=self.members,
            dtype=getattr(torch, self.dtype),
            generator=torch.Generator().manual_seed(self.seed),
        )
        config = TrainingConfig(
            weight_decay=self.weight_decay,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            layer_steps=self.steps,
            seed=self.seed,
            device=self.device,
            checkpoint=self.out / "checkpoint",
            resume=not self.restart,
            progress=True,
        )
        result = train(network, data.inputs.T, data.targets.T, config)
        save_network(result.network, self.out)
        test = "" if data.test_inputs.shape[1] == 0 else "  test error"
        print(f"seed  objective J     fit             penalty         residual{test}")
        for member in range(self.members):
            error = ""
            if test:
                with torch.no_grad():
                    found = result.network(torch.as_tensor(data.test_inputs.T, dtype=result.network.weights.dtype))
                misses = found[member].cpu().numpy() - data.test_targets.T
                error = f"  {np.sum(misses**2) / len(misses):.6g}"
            state = "  diverged" if result.diverged[member] else ""
            print(
                f"{member:4}  {result.objective[member]:<14.8g}  {result.fit[member]:<14.8g}  "
                f"{result.penalty[member]:<14.8g}  {result.stationarity[member]:<8.2g}{error}{state}"
            )
        print(f"{result.seconds:.1f} s; saved: {self.out}")
        return 0
