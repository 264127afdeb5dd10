"""geodepth train: an ensemble of Leaky ResNets on a data set."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from geodepth.cli.answers import answer
from geodepth.cli.options import picked
from geodepth.cli.output_files import check_folder
from geodepth.foundation.activations import parse_activation
from geodepth.foundation.errors import InputError

if TYPE_CHECKING:
    from geodepth.nets import LeakyResNet, NewtonConfig, NewtonResult, TrainingConfig, TrainingResult
    from geodepth.validation import Dataset


@dataclass(frozen=True, slots=True)
class TrainCommand:
    """Train Leaky ResNets, many at once, and save them; interrupted, the same command goes on from its checkpoint.

    Example: geodepth train iris --members 8 --epochs 2000 --to-stationarity --out networks/iris
    """

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
    """iris, wine, diabetes, digits or teacher; a .npz or .csv file; or a .toml file that sets data and options."""
    out: Path = Path("network")
    """Folder for network.safetensors, config.json, metrics.jsonl and the checkpoint."""
    width: int = 6
    """Neurons w."""
    layers: int = 20
    """Layers L."""
    effective_depth: float = 3.0
    """Effective depth L̃."""
    weight_decay: float = 1e-3
    """Weight decay λ."""
    steps: Literal["equidistant", "irregular", "adaptive"] = "adaptive"
    """Layer steps: equidistant, irregular or adaptive."""
    projections: Literal["fixed", "orthogonal", "learned", "penalized"] = "fixed"
    """Into and out of the neurons: fixed (the identity), orthogonal (random), learned, or penalized (learned, and with
    weight decay)."""
    activation: str = "relu"
    """relu, linear, gelu, tanh, or smoothed relu:EPSILON."""
    members: int = 1
    """Networks in the ensemble."""
    dimensions: tuple[int, ...] | None = None
    """Of a teacher: inputs, the dimensions that it passes through, outputs, such as 12 3 12."""
    kind: str | None = None
    """Of a teacher: fully-connected, residual or linear."""
    targets: tuple[str, ...] | None = None
    """Columns of a .csv file to predict; by default those named target, target_2 and the like, else the last."""
    samples: int | None = None
    """Training samples to draw from the data; all by default. The rest is for testing."""
    epochs: int = 5000
    """Epochs of Adam."""
    sgd_epochs: int | None = None
    """Epochs of gradient descent afterwards; a fifth of --epochs by default."""
    learning_rate: float = 0.1
    """Of Adam, at the start."""
    batch_size: int | None = None
    """Samples a step; all by default."""
    stop_residual: float | None = None
    """Stop early where the relative residual of stationarity is below this."""
    to_stationarity: bool = False
    """Afterwards, Newton's method until the (smoothed) network is stationary to 1e-9."""
    seed: int = 0
    """Of the draw of samples, the networks and the batches."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, …"""
    dtype: Literal["float64", "float32"] = "float64"
    """float64 or float32."""
    tensorboard: bool = False
    """Write curves for TensorBoard into OUT/tensorboard."""
    resume: bool = False
    """Insist on going on: an error where there is no checkpoint."""
    restart: bool = False
    """Start over, although there is a checkpoint."""
    json: bool = False
    """Print what was found as one JSON object instead of lines, for other programs."""

    def run(self) -> int:
        """Train, save, and print a table of the members."""
        self._check()
        config, newton = self._config()
        data = self._data()
        self._check_network(data)
        # PyTorch takes seconds to load: what is wrong above is told before.
        import torch

        from geodepth.nets import LeakyResNet, Scaling, resolve_device, train, train_to_stationarity
        from geodepth.validation.bridge.layouts import samples_first

        resolve_device(self.device)
        shape = picked(self, "width layers effective_depth members projections activation")
        network = LeakyResNet(
            inputs=data.inputs.shape[0],
            outputs=data.targets.shape[0],
            **shape,
            dtype=getattr(torch, self.dtype),
            generator=torch.Generator().manual_seed(self.seed),
        )
        network.set_scaling(Scaling(**asdict(data.standardization)))
        x, y = samples_first(data.inputs), samples_first(data.targets)
        result = train(network, x, y, config)
        errors = _test_errors(result.network, data)
        # Newton's method changes the network that the result names.
        found = train_to_stationarity(network, x, y, newton) if self.to_stationarity else None
        end = result if found is None else found
        settings = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}
        ends = {"objective": end.objective.tolist(), "stationarity": end.stationarity.tolist()}
        network.save(self.out, {"data": data.description, "settings": settings, **ends})

        def in_lines() -> None:
            print(data.description)
            _print_members(result, errors)
            if found is not None:
                _print_newton(found)
            print(f"{result.seconds:.1f} s; saved: {self.out}")

        names = "objective path_objective fit penalty projection_penalty stationarity diverged layer_steps seconds"
        numbers = picked(result, f"{names} interrupted")
        answer(
            {
                "data": data.description,
                **numbers,
                "test_fit": errors,
                "newton": None if found is None else picked(found, "objective stationarity converged iterations"),
                "network": self.out,
            },
            in_lines,
            self.json,
        )
        return 0

    def _check_network(self, data: Dataset) -> None:
        from geodepth.nets.network.architecture import Architecture

        shape = picked(self, "width layers effective_depth members projections activation")
        architecture = Architecture(len(data.inputs), len(data.targets), **shape, bias=True)
        for name in ("embedding", "readout"):
            architecture.check_identity(name)

    def _data(self) -> Dataset:
        from geodepth.validation import load_dataset

        options = picked(self, "samples seed dimensions kind targets")
        return load_dataset(self.data, **options)

    def _check(self) -> None:
        from geodepth.validation.data.named import check_width

        if self.projections == "fixed":
            check_width(self.width, self.data)
        if self.to_stationarity and self.dtype != "float64":
            raise InputError("--to-stationarity needs --dtype float64, and it is float32; choose float64")
        if self.resume and self.restart:
            raise InputError("--resume and --restart exclude each other; expected at most one; leave one out")
        checkpoint = self.out / "checkpoint"
        if self.resume and not os.path.isdir(checkpoint):
            raise InputError(f"--resume finds no checkpoint in {self.out}; expected one there; leave --resume out")
        check_folder("--out", self.out)
        parse_activation(self.activation)

    def _config(self) -> tuple[TrainingConfig, NewtonConfig]:
        from geodepth.nets.newton.configuration import NewtonConfig
        from geodepth.nets.training.configuration import TrainingConfig

        same = "weight_decay epochs learning_rate sgd_epochs batch_size stop_residual seed device"
        training = TrainingConfig(
            **picked(self, same),
            layer_steps=self.steps,
            checkpoint=self.out / "checkpoint",
            resume=not self.restart,
            metrics=self.out / "metrics.jsonl",
            tensorboard=self.out / "tensorboard" if self.tensorboard else None,
            progress=True,
        )
        return training, NewtonConfig(self.weight_decay)


def _test_errors(network: LeakyResNet, data: Dataset) -> list[float]:
    """The fit of every member to the data that were held back; none where none were."""
    import torch

    from geodepth.validation.bridge.layouts import samples_first

    if not data.test_inputs.shape[1]:
        return []
    inputs, targets = (
        torch.tensor(samples_first(array)).to(network.weights) for array in (data.test_inputs, data.test_targets)
    )
    with torch.no_grad():
        return [float(error) for error in network.fit(inputs, targets)]


def _print_members(result: TrainingResult, errors: list[float]) -> None:
    """A table with a line per member: objective, its terms, residual, error on the test data."""
    penalized = result.network.projections == "penalized"
    ends = "of E and P      " if penalized else ""
    print(f"member  objective J     fit             penalty         {ends}residual{'  test fit' if errors else ''}")
    for member, objective in enumerate(result.objective):
        print(
            f"{member:6}  {objective:<14.8g}  {result.fit[member]:<14.8g}  "
            f"{result.penalty[member]:<14.8g}  "
            f"{f'{result.projection_penalty[member]:<14.8g}  ' if penalized else ''}"
            f"{result.stationarity[member]:<8.2g}"
            f"{f'  {errors[member]:.6g}' if errors else ''}"
            f"{'  diverged' if result.diverged[member] else ''}"
        )


def _print_newton(found: NewtonResult) -> None:
    print(f"after {found.iterations} iterations of Newton's method (residual with smoothing {found.smoothing})")
    terms = " " * (48 if found.network.projections == "penalized" else 32)
    for member, converged in enumerate(found.converged):
        print(
            f"{member:6}  {found.objective[member]:<14.8g}  {terms}"
            f"{found.stationarity[member]:<8.2g}{'' if converged else '  not converged'}"
        )
