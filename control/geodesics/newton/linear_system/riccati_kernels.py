"""The loops of the Riccati recursion (riccati.py), compiled.

Neurons are major here, and samples minor, so that inner loops run over samples: A is (w, N), W is (w, c) with m = wc
entries in the order (row, column), V is (wN, wN), and an answer Z is (m, wN).

A factorization is in the precision of the arrays that it is given; steps of states and weights are in double precision.
"""

import numpy as np

from geodepth.control.geodesics.newton.layer_loops.compiled import compiled
from geodepth.foundation.shapes import Float

VECTOR = 16
"""Numbers that a processor's widest instructions take at once, in single precision."""


@compiled
def factorize(
    features: Float[np.ndarray, "L c N"],
    gates: Float[np.ndarray, "L w N"],
    transfer: Float[np.ndarray, "L w w"],
    leaks: Float[np.ndarray, "L"],
    forces: Float[np.ndarray, "L w N"],
    diagonals: Float[np.ndarray, "L w N"],
    penalties: Float[np.ndarray, "L"],
    value: Float[np.ndarray, "d d"],
    inverses: Float[np.ndarray, "L m m"],
    answers: Float[np.ndarray, "L m d"],
) -> bool:
    """Fill in R⁻ᵀ and Z of every layer, from V of the last; False if a layer's H is not positive definite."""
    layers, columns, samples = features.shape
    width = gates.shape[1]
    m, d = width * columns, width * samples
    kind = value.dtype
    gain, response, product = np.empty((m, d), kind), np.empty((m, d), kind), np.empty((m * width, columns), kind)
    padded = -(-m // VECTOR) * VECTOR
    right, left = np.zeros((m, padded), kind), np.empty((m, padded), kind)
    moved, square, ahead = np.empty((d, d), kind), np.empty((d, d), kind), np.empty((d, d), kind)
    for layer in range(layers - 1, -1, -1):
        for a in range(width):
            np.dot(features[layer], value[a * samples : (a + 1) * samples], gain[a * columns : (a + 1) * columns])
        np.dot(gain.reshape(m * width, samples), features[layer].T, product)
        hessian = product.reshape(m, m)
        for i in range(m):
            hessian[i, i] += penalties[layer]
        if not invert_factor(hessian, right, left, inverses[layer]):
            return False
        if layer == 0:
            break
        # The weights are the same for all samples and columns: one product.
        np.dot(transfer[layer], value.reshape(width, samples * d), moved.reshape(width, samples * d))
        for i in range(d):
            row, before, gate = moved[i], value[i], gates[layer, i // samples, i % samples]
            for j in range(d):
                row[j] = gate * row[j] + leaks[layer] * before[j]
        transpose(moved, samples, ahead)
        # (S ⊗ I)VF, the response of the weights' forces to a change of the layer's input, and its cross term.
        for a in range(width):
            np.dot(features[layer], ahead[a * samples : (a + 1) * samples], response[a * columns : (a + 1) * columns])
        for i in range(m):
            row, column = i // columns, i % columns
            if column < width:
                for n in range(samples):
                    response[i, column * samples + n] += gates[layer, column, n] * forces[layer, row, n]
        answer = answers[layer]
        np.dot(inverses[layer], response, answer)
        np.dot(answer.T, answer, square)
        np.dot(transfer[layer], ahead.reshape(width, samples * d), value.reshape(width, samples * d))
        for i in range(d):
            row, before, less, gate = value[i], ahead[i], square[i], gates[layer, i // samples, i % samples]
            for j in range(d):
                row[j] = gate * row[j] + leaks[layer] * before[j] - less[j]
            row[i] += diagonals[layer, i // samples, i % samples]
    return True


@compiled
def transpose(matrix: Float[np.ndarray, "d d"], block: int, transposed: Float[np.ndarray, "d d"]) -> None:
    """The transpose, block by block, each of which stays in cache."""
    blocks = matrix.shape[0] // block
    for a in range(blocks):
        for b in range(blocks):
            for n in range(block):
                row = transposed[b * block + n, a * block : (a + 1) * block]
                for k in range(block):
                    row[k] = matrix[a * block + k, b * block + n]


@compiled
def carry_row(
    row: Float[np.ndarray, "d"],
    gates: Float[np.ndarray, "w N"],
    transfer: Float[np.ndarray, "w w"],
    leak: float,
    carried: Float[np.ndarray, "d"],
) -> None:
    """Fᵀ applied to a force on all outputs."""
    width, samples = gates.shape
    for b in range(width):
        # Slices, and factors held in a name, are what lets the compiler take several samples at once.
        own, total = row[b * samples : (b + 1) * samples], carried[b * samples : (b + 1) * samples]
        total[:] = 0.0
        for a in range(width):
            other, factor = row[a * samples : (a + 1) * samples], transfer[b, a]
            for n in range(samples):
                total[n] += factor * other[n]
        for n in range(samples):
            total[n] = gates[b, n] * total[n] + leak * own[n]


@compiled
def invert_factor(
    hessian: Float[np.ndarray, "m m"],
    right: Float[np.ndarray, "m p"],
    left: Float[np.ndarray, "m p"],
    inverse: Float[np.ndarray, "m m"],
) -> bool:
    """R⁻ᵀ, below the diagonal, of H = RᵀR; False if H is not positive definite.

    Elimination of [H, I] to [R, R⁻ᵀ], in `right` and `left`, whose rows are padded: loops are over whole vectors.
    """
    m = hessian.shape[0]
    for i in range(m):
        right[i, :m] = hessian[i]
        left[i] = 0.0
        left[i, i] = 1.0
    for j in range(m):
        if not right[j, j] > 0.0:
            return False
        scale = hessian.dtype.type(1.0 / np.sqrt(right[j, j]))
        end = (j // VECTOR + 1) * VECTOR
        own, known = right[j, j // VECTOR * VECTOR :], left[j, :end]
        for i in range(own.size):
            own[i] *= scale
        for i in range(end):
            known[i] *= scale
        for k in range(j + 1, m):
            factor, begin = right[j, k], k // VECTOR * VECTOR
            row, other, mine = right[k, begin:], right[j, begin:], left[k, :end]
            for i in range(row.size):
                row[i] -= factor * other[i]
            for i in range(end):
                mine[i] -= factor * known[i]
    inverse[:] = left[:, :m]
    return True


@compiled
def solve_backward(
    features: Float[np.ndarray, "L c N"],
    gates: Float[np.ndarray, "L w N"],
    transfer: Float[np.ndarray, "L w w"],
    leaks: Float[np.ndarray, "L"],
    inverses: Float[np.ndarray, "L m m"],
    answers: Float[np.ndarray, "L m d"],
    pushes: Float[np.ndarray, "L w N"],
    loads: Float[np.ndarray, "L m"],
) -> None:
    """Turn `loads` into R⁻ᵀ(load + force's share), layer by layer from the last, and `pushes` into the forces."""
    layers, columns, samples = features.shape
    width, kind = gates.shape[1], answers.dtype
    carried = np.empty(width * samples)
    for layer in range(layers - 1, -1, -1):
        force = pushes[layer]
        for a in range(width):
            for i in range(columns):
                total = 0.0
                for n in range(samples):
                    total += features[layer, i, n] * force[a, n]
                loads[layer, a * columns + i] += total
        load = np.dot(inverses[layer], loads[layer].astype(kind))
        for i in range(load.size):
            loads[layer, i] = load[i]
        if layer > 0:
            carry_row(force.reshape(-1), gates[layer], transfer[layer], leaks[layer], carried)
            answered = np.dot(load, answers[layer])
            for a in range(width):
                for n in range(samples):
                    pushes[layer - 1, a, n] += carried[a * samples + n] - answered[a * samples + n]


@compiled
def solve_forward(
    features: Float[np.ndarray, "L c N"],
    gates: Float[np.ndarray, "L w N"],
    transfer: Float[np.ndarray, "L w w"],
    leaks: Float[np.ndarray, "L"],
    inverses: Float[np.ndarray, "L m m"],
    answers: Float[np.ndarray, "L m d"],
    drift: Float[np.ndarray, "L w N"],
    loads: Float[np.ndarray, "L m"],
    states: Float[np.ndarray, "L w N"],
) -> None:
    """Turn `loads` into the steps of the weights, and `states`, the negative defects, into those of the states."""
    layers, columns, samples = features.shape
    width, kind = gates.shape[1], answers.dtype
    ahead = np.empty(width * samples, kind)
    for layer in range(layers):
        if layer > 0:
            for a in range(width):
                for n in range(samples):
                    ahead[a * samples + n] = states[layer - 1, a, n] - drift[layer - 1, a, n]
            answered = np.dot(answers[layer], ahead)
            for i in range(answered.size):
                loads[layer, i] += answered[i]
        load = np.dot(loads[layer].astype(kind), inverses[layer])
        for i in range(load.size):
            loads[layer, i] = -load[i]
        for a in range(width):
            for i in range(columns):
                for n in range(samples):
                    states[layer, a, n] += loads[layer, a * columns + i] * features[layer, i, n]
            if layer > 0:
                for b in range(width):
                    for n in range(samples):
                        states[layer, a, n] += transfer[layer, b, a] * gates[layer, b, n] * states[layer - 1, b, n]
                for n in range(samples):
                    states[layer, a, n] += leaks[layer] * states[layer - 1, a, n]
