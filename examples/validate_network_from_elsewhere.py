"""A network trained elsewhere: a safetensors file with its weights is all it takes.

Here a few lines of plain PyTorch stand for another code base: a Leaky ResNet written by hand, trained with torch's own
Adam, its weights saved under the one name that is looked for. The file is read back, held against the ground truth
with `geodepth compare`'s own function, and the verdict is checked against the loss that the other code reported.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from geodepth.control import RepresentationGeodesic, solve_geodesic
from geodepth.validation import Comparison, load_dataset
from geodepth.validation.pipeline.comparison_of_files import compare_files
from geodepth.validation.pipeline.settings import FileSettings

WIDTH, LAYERS, DEPTH, DECAY = 4, 6, 1.5, 1e-2


def trained_elsewhere(x: torch.Tensor, y: torch.Tensor, file: Path) -> float:
    """Another code base: its network, its training, its file. Returns the loss that it reports."""
    torch.manual_seed(0)
    weights = (0.5 * torch.randn(LAYERS, WIDTH, WIDTH + 1, dtype=torch.float64)).requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=0.03)

    def loss() -> torch.Tensor:
        a = torch.nn.functional.pad(x, (0, WIDTH - x.shape[1]))
        for matrix in weights:
            features = torch.cat([a.relu(), torch.ones(len(a), 1, dtype=a.dtype)], 1)
            a = (1 - DEPTH / LAYERS) * a + features @ matrix.T / LAYERS
        misfit = ((y - a[:, : y.shape[1]]) ** 2).sum() / len(y)
        return misfit + DECAY / (2 * DEPTH) * (weights**2).sum() / LAYERS

    for _ in range(1500):
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    save_file({"weights": weights.detach()}, file)
    return loss().item()


def main() -> Comparison:
    data = load_dataset("teacher", samples=6)
    x, y = (torch.tensor(array.T) for array in (data.inputs, data.targets))
    reported = trained_elsewhere(x, y, Path("elsewhere.safetensors"))
    geodesic = RepresentationGeodesic(data.inputs, data.targets, WIDTH, DEPTH, DECAY)
    solve_geodesic(geodesic, layers=LAYERS, starts=6, progress=False).save("truth.npz")

    settings = FileSettings(as_given=True)
    outcome = compare_files(Path("truth.npz"), [Path("elsewhere.safetensors")], Path("report"), settings, data)
    verdict = outcome.data.networks[0].comparison
    print(f"the other code reports {reported:.10f}, we find {verdict.cost:.10f}; the truth: {verdict.truth_cost:.10f}")
    print(verdict.sentence)
    assert abs(verdict.cost / reported - 1) < 1e-12
    return verdict


if __name__ == "__main__":
    main()
