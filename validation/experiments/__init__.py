"""The paper's experiments, with seeds: sweeps as data, run over any executor, and figures from their files."""

from .execution import Failure, Run, dask_executor, run_tasks
from .paper import Paper, run_experiment
from .results import Outcome, Result, Store
from .specifications import EXPERIMENTS, SIZES, Experiment, experiment
from .statistics import Effect, Interval, median_interval, paired_effect
from .sweep import Sweep, Task, distinct, shard
from .tables import gather, over_seeds, write_csv

__all__ = [
    "EXPERIMENTS",
    "SIZES",
    "Effect",
    "Experiment",
    "Failure",
    "Interval",
    "Outcome",
    "Paper",
    "Result",
    "Run",
    "Store",
    "Sweep",
    "Task",
    "dask_executor",
    "distinct",
    "experiment",
    "gather",
    "median_interval",
    "over_seeds",
    "paired_effect",
    "run_experiment",
    "run_tasks",
    "shard",
    "write_csv",
]
