"""Fewer inputs: the principal components of a data set's inputs, measured on its training part."""

from dataclasses import replace

import numpy as np

from geodepth.validation.errors import ValidationError

from .dataset import Dataset
from .standardization import Standardization


def principal_components(dataset: Dataset, count: int) -> Dataset:
    """Replace the inputs of a data set by their first principal components.

    Parameters
    ----------
    dataset : Dataset
        d_in inputs of N samples.
    count : int
        How many components, at most d_in and N − 1: so many hold all that the training inputs are.

    Returns
    -------
    Dataset
        Its inputs are z = Vᵀ(x − mean)/s for the `count` directions V of largest variance, largest first. One scale s
        for all of them makes their mean variance one, so that they keep their proportions. Held-out inputs are mapped
        by the same V, mean and s. The description says which share of the variance is kept, and the standardization of
        the inputs is that of the components: none.

    Raises
    ------
    ValidationError
        There are not so many components.
    """
    most = min(len(dataset.inputs), dataset.samples - 1)
    if not 1 <= count <= most:
        raise ValidationError(
            f"components is {count}; {len(dataset.inputs)} inputs of {dataset.samples} samples have at most {most}; "
            "give no more, or draw more samples"
        )
    mean = dataset.inputs.mean(axis=1, keepdims=True)
    directions, sizes, _ = np.linalg.svd(dataset.inputs - mean, full_matrices=False)
    # The sign of a direction is arbitrary: its largest entry is made positive, on every machine.
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    kept = (directions * signs)[:, :count]
    share = float((sizes[:count] ** 2).sum() / (sizes**2).sum())
    scale = float(np.sqrt((sizes[:count] ** 2).sum() / dataset.samples / count))
    old = dataset.standardization
    none = Standardization.none(count, 0)
    return replace(
        dataset,
        inputs=kept.T @ (dataset.inputs - mean) / scale,
        test_inputs=kept.T @ (dataset.test_inputs - mean) / scale,
        standardization=replace(old, input_mean=none.input_mean, input_scale=none.input_scale),
        description=f"{dataset.description}; the first {count} principal components of the inputs, {100 * share:.0f} % "
        "of their variance",
    )
