"""Which samples a data set is trained on, and which are held back for testing."""

import numpy as np

from geodepth.foundation.shapes import Int
from geodepth.validation.argument_checks import check_count
from geodepth.validation.errors import ValidationError


def split(
    total: int, samples: int | None, labels: Int[np.ndarray, " total"] | None, seed: int
) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " M"]]:
    """Draw the training samples; the rest is for testing.

    Parameters
    ----------
    total : int
        How many samples there are.
    samples : int or None
        N, how many of them to train on; None takes all.
    labels : (total,) or None
        Class numbers. With them every class is drawn at least once, and its share differs from the whole set's by at
        most one sample.
    seed : int
        Picks which samples.

    Returns
    -------
    (N,), (M,)
        Places of the training samples and of the others, M = total − N, each ascending.

    Raises
    ------
    ValidationError
        `samples` is no whole number, above `total`, or below two or the number of classes.
    """
    check_count("seed", seed, 0)
    if samples is None:
        return np.arange(total), np.arange(0)
    classes = np.zeros(total, dtype=np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(classes)
    least = max(2, len(counts)) if labels is not None else 2
    if check_count("samples", samples) < least or samples > total:
        reason = f"its {len(counts)} classes need at least {least}" if labels is not None else "give at least 2"
        raise ValidationError(f"samples is {samples}; the data set holds {total}, and {reason}")
    order = np.random.default_rng(seed).permutation(total)
    quota = _quota(samples, counts)
    chosen = np.concatenate([order[classes[order] == number][:count] for number, count in enumerate(quota)])
    train = np.sort(chosen)
    return train, np.setdiff1d(np.arange(total), train)


def _quota(samples: int, counts: Int[np.ndarray, " classes"]) -> Int[np.ndarray, " classes"]:
    """How many of every class: one of each first, then by the largest remainders."""
    share = samples * counts / counts.sum()
    quota = np.maximum(1, np.floor(share)).astype(int)
    while quota.sum() != samples:
        if quota.sum() < samples:
            quota[np.argmax(np.where(quota < counts, share - quota, -np.inf))] += 1
        else:
            quota[np.argmin(np.where(quota > 1, share - quota, np.inf))] -= 1
    return np.asarray(quota)
