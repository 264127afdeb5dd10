"""The paper's experiments, with seeds: sweeps as data, run over any executor, and figures from their files.

one_experiment.py    what an experiment is
specifications.py    the experiments as sweeps, at three sizes
beyond_the_paper.py  those that the paper does not have
paper.py             one experiment from its specification to its figures
gallery.py           the page that shows all figures of a folder
sweeps/              tasks, results, execution, statistics
measures/            what a task measures
figures/             what is drawn from results
"""

from .one_experiment import Experiment
from .paper import Paper, run_experiment
from .specifications import EXPERIMENTS, SIZES, experiment
from .sweeps.execution import Failure, Run, dask_executor, run_tasks
from .sweeps.outcome import Outcome
from .sweeps.results import Result, Store
from .sweeps.statistics import Effect, Interval, median_interval, paired_effect
from .sweeps.sweep import Sweep, distinct, shard
from .sweeps.tables import gather, over_seeds, write_csv
from .sweeps.tasks import Task

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
