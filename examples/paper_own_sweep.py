"""A sweep of your own: do wider networks come closer to the optimal path?

A sweep is data: fixed parameters, a grid, seeds. Every task has an identity and one file, so running it again does only
what is missing, here or on a cluster (give run_tasks any concurrent.futures.Executor). Figures and tables come from the
files alone. To measure something else, write a function of a task's parameters that returns an Outcome, put it where
other processes can import it, and name it as the sweep's measure.
"""

from __future__ import annotations

from pathlib import Path

from geodepth.validation.experiments import Store, Sweep, gather, over_seeds, run_tasks, write_csv

PROBLEM = {
    "data": {"name": "teacher", "dimensions": [3, 1, 3], "kind": "linear", "samples": 8, "seed": 0},
    "layers": 8, "effective_depth": 4.0, "weight_decay": 0.05,
}  # fmt: skip
SWEEP = Sweep(
    name="networks by width",
    measure="networks",
    fixed=PROBLEM | {"layer_steps": "equidistant", "epochs": 600, "learning_rate": 0.1},
    grid={"width": [3, 6]},
    seeds=(0, 1, 2, 3, 4, 5),
    batch=3,  # three seeds are trained together, as members of one ensemble
)
TRUTHS = Sweep("truths by width", "truth", PROBLEM | {"starts": 6}, SWEEP.grid, seeds=(0,))


def main() -> None:
    store = Store(Path("own-sweep"))
    run = run_tasks(SWEEP.tasks, store, say=lambda line: None)
    print(run.sentence)

    # Again, with one result gone: that one alone is measured, and comes out the same to the last bit.
    lost = SWEEP.tasks[1]
    before = store.file(lost).read_bytes()
    store.file(lost).unlink()
    again = run_tasks(SWEEP.tasks, store, say=lambda line: None)
    print(again.sentence)
    assert again.measured == (lost,)
    assert store.file(lost).read_bytes() == before

    rows = gather(SWEEP, store).rows
    table = write_csv(Path("own-sweep") / "rows.csv", rows)
    print(f"{len(rows)} rows, one a network: {table}")
    # The independent answer, from the optimizer: no network lies below the geodesic of its width.
    run_tasks(TRUTHS.tasks, store, say=lambda line: None)
    truths = {row["width"]: row["truth"] for row in gather(TRUTHS, store).rows}
    for (width,), cost in over_seeds(rows, ["width"], "cost").items():
        print(f"width {width}: truth {truths[width]:.4g}, median J {cost} over {cost.count} seeds")
        assert all(row["cost"] > truths[width] * (1 - 1e-9) for row in rows if row["width"] == width)


if __name__ == "__main__":
    main()
