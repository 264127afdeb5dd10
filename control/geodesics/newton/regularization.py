"""The shifts μ of the Hessian that are tried until its reduced form is positive definite.

1. Start at none, or at a third of the last shift that was needed.
2. After a failure: from none to 6 (or a third of the last one); from there by 100 the first time that any is needed,
   by 4 otherwise.
3. A shift that worked is remembered. Below 0.01 none is tried first, and a smaller one only where that fails: along a
   valley almost without curvature the steps are as long as the shift is small.

In the nonconvex phase a start at μ_last/3 wastes fewer factorizations than one at zero; a residual that fell tenfold
says that the convex phase has begun, and zero is tried at once.
"""

# In units of the penalty's own curvature, 2κρ. Found on the prototype's problems, (w, N, L) from (4, 8, 20) to iris,
# but the least: with 0.01 in its place, five random geodesics of large inputs crept to their iteration limit.
FIRST, FIRST_JUMP, JUMP, DECAY, NEGLIGIBLE, LEAST, LARGEST = 6.0, 100.0, 4.0, 3.0, 0.01, 1e-6, 1e12


class Regularization:
    """The shift in use, and what is remembered of those before.

    Attributes
    ----------
    shift : float
        μ, in units of the penalty's curvature.
    """

    def __init__(self) -> None:
        self.shift = 0.0
        self._last = 0.0
        self._raises = 0

    def restart(self, fell: bool) -> None:
        """Choose the first shift of an iteration; `fell`: the residual fell at least tenfold in the last one."""
        self._raises = 0
        self.shift = 0.0 if fell or self._last / DECAY < NEGLIGIBLE else self._last / DECAY

    def increase(self) -> bool:
        """Take the next shift; False when there is none left."""
        if self.shift == 0.0:
            self.shift = FIRST if self._last == 0.0 else max(LEAST, self._last / DECAY)
        else:
            self._raises += 1
            self.shift *= FIRST_JUMP if self._raises == 1 and self._last == 0.0 else JUMP
        return self.shift <= LARGEST

    def succeed(self) -> None:
        """Remember the shift that worked."""
        if self.shift > 0.0 or self._last < NEGLIGIBLE:
            self._last = self.shift
