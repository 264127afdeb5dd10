"""The axis of estimates of the bottleneck rank: linear where ranks are, logarithmic beyond."""

from matplotlib.axes import Axes

LINEAR = 10.0
"""Up to this magnitude the axis is linear, and most of it; chosen by hand, for ranks of data sets are below it."""
TICKS = (-10000, -1000, -100, -10, -5, 0, 3, 5, 10, 100, 1000, 10000)


def rank_axis(axis: Axes) -> None:
    """Make the axis linear within ±10, logarithmic beyond, and give it ticks for what is drawn."""
    axis.set_yscale("symlog", linthresh=LINEAR, linscale=3.0)
    axis.autoscale_view()
    rank_ticks(axis)


def rank_ticks(axis: Axes) -> None:
    """Ticks of the axis of ranks, within the limits that it has."""
    low, high = axis.get_ylim()
    # A long axis has no room for 5 beside 3.
    ticks = [tick for tick in TICKS if low <= tick <= high and (abs(tick) != 5 or high <= 100)]
    axis.set_yticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
    axis.set_yticks([], minor=True)
