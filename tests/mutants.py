"""Mutation testing: does a test fail when a line is changed? Outside CI, since it takes minutes to hours.

A copy of the working tree is changed in one place at a time by cosmic-ray, and the tests near that place run. A change
that no test notices survives, and is printed. The score is the share of changes that are noticed.

    make mutants ROOM=verification SAMPLE=40
"""

import argparse
import json
import math
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE, LEAST = 3.0, 20.0
"""After so many times what the tests take without a change, and at least so many seconds of the processor, those of a
change are ended and count as failed, since a change may make a loop endless (chosen by hand)."""
SECONDS = 600.0
"""After which they are ended by the clock, where they wait instead (chosen by hand)."""
UNTELLING = "core/ReplaceBinaryOperator_BitOr%"
"""Operators that are left out: "|" is that of annotations, whose change fails at import and says nothing of tests."""
FINDER = """
import sys
from importlib.machinery import ModuleSpec

class Copy:
    def find_spec(self, name, path=None, target=None):
        if name == "geodepth":
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [{root!r}]
            return spec

sys.meta_path.insert(0, Copy())
"""
"""As a sitecustomize: the package is the copy, whatever is installed."""
LIMIT = """
import resource

resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
"""
"""The same: how long the tests may run."""

HOUSE = "tests/test_house.py::test_records_are_frozen_and_slotted"
"""What every room's records are held to."""


@dataclass(frozen=True, slots=True)
class Room:
    """What is changed, and the tests that stand near it."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "verification": Room(
        ("control/verification",),
        # Those without a solver first: most changes are noticed there.
        (
            *(
                f"tests/control/verification/test_{name}.py"
                for name in ("pontryagin", "attained_by_hand", "worst_places")
            ),
            "tests/control/verification",
            HOUSE,
            "tests/control/model/test_kinks.py",
            "tests/control/solving/phases/test_closed_forms.py",
        ),
    ),
    "exact": Room(("control/geodesics/exact_relu",), ("tests/control/geodesics/exact_relu", HOUSE)),
    "loaders": Room(
        (
            "foundation/files",
            "control/solution/npz_files.py",
            "control/solution/read_back.py",
            "validation/path/files.py",
            "validation/path/network_files.py",
            "nets/network/files.py",
        ),
        (
            "tests/foundation/files",
            *(f"tests/control/solution/test_{name}.py" for name in ("npz_files", "read_back", "solution")),
            "tests/validation/path/test_files.py",
            "tests/validation/path/test_network_files.py",
            "tests/validation/path/test_malformed.py::test_damaged_files_are_refused_or_read_whole",
            "tests/nets/network/test_files.py",
            HOUSE,
            # A process that is killed takes half a minute, and says nothing of loading.
            "--deselect=tests/nets/network/test_files.py::test_killed_while_saving_leaves_a_whole_file",
        ),
    ),
}


def copied(folder: Path) -> Path:
    """The files that git knows, in a folder of their own, with a finder of packages that leads there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    copy = folder / "copy"
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (folder / "finder").mkdir()
    (folder / "finder" / "sitecustomize.py").write_text(FINDER.format(root=str(copy)))
    return copy


def limited(folder: Path) -> None:
    """Bound the tests' time by what they have just taken."""
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = math.ceil(max(LEAST, PATIENCE * (taken.ru_utime + taken.ru_stime)))
    with (folder / "finder" / "sitecustomize.py").open("a") as finder:
        finder.write(LIMIT.format(seconds=seconds))


def command_of(folder: Path, room: Room) -> str:
    """What runs the tests."""
    environment = f"env PYTHONPATH={folder / 'finder'} OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1"
    return f"{environment} {sys.executable} -m pytest -x -q -p no:cacheprovider {' '.join(room.tests)}"


def configured(folder: Path, room: Room) -> Path:
    """cosmic-ray's configuration."""
    command, path = command_of(folder, room), folder / "mutants.toml"
    path.write_text(
        f"[cosmic-ray]\nmodule-path = {json.dumps(room.modules)}\nexcluded-modules = []\n"
        f"timeout = {SECONDS}\n"
        f'test-command = "{command}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    return path


def thinned(session: Path, sample: int, seed: int) -> int:
    """Leave a random sample of the changes in the session; how many there were."""
    with sqlite3.connect(session) as database:
        query = "SELECT job_id FROM mutation_specs WHERE operator_name NOT LIKE ? ORDER BY job_id"
        jobs = sorted({row[0] for row in database.execute(query, (UNTELLING,))}, key=lambda job: _place(database, job))
        kept = set(random.Random(seed).sample(jobs, min(sample, len(jobs))) if sample else jobs)
        for table in ("mutation_specs", "work_items"):
            for (job,) in database.execute(f"SELECT job_id FROM {table}").fetchall():
                if job not in kept:
                    database.execute(f"DELETE FROM {table} WHERE job_id = ?", (job,))
    return len(jobs)


def _place(database: sqlite3.Connection, job: str) -> tuple[str, ...]:
    """Where a change is made, which is the same in every run; job numbers are not."""
    query = "SELECT module_path, operator_name, occurrence, operator_args FROM mutation_specs WHERE job_id = ?"
    return tuple(str(value) for value in database.execute(query, (job,)).fetchone())


def reported(session: Path, known: int) -> None:
    """The score, and what survived."""
    with sqlite3.connect(session) as database:
        found = database.execute("SELECT test_outcome, diff FROM work_results").fetchall()
    survivors = [diff for outcome, diff in found if "SURVIVED" in str(outcome).upper()]
    for diff in survivors:
        print("\n".join(line for line in diff.splitlines() if line[:1] in "+-@"), end="\n\n")
    killed = len(found) - len(survivors)
    print(f"{killed} of {len(found)} changes were noticed ({killed / max(1, len(found)):.0%}); of {known} in all")


def main() -> None:
    """Run one room."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("room", choices=sorted(ROOMS))
    parser.add_argument("--sample", type=int, default=0, help="how many changes, at random; 0: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cosmic-ray", default="cosmic-ray", help="the command")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy, session = copied(folder), folder / "mutants.sqlite"
        configuration = configured(folder, ROOMS[given.room])
        if subprocess.run(command_of(folder, ROOMS[given.room]).split(), cwd=copy, check=False).returncode:
            raise SystemExit("the tests fail without any change; mend them first")
        limited(folder)
        # It runs in the copy, where a path relative to here leads nowhere.
        found = shutil.which(given.cosmic_ray)
        if found is None:
            raise SystemExit(f"--cosmic-ray is {given.cosmic_ray!r}, which is no command; `make mutants` installs it")
        tool = str(Path(found).absolute())
        subprocess.run([tool, "init", str(configuration), str(session)], cwd=copy, check=True)
        known = thinned(session, given.sample, given.seed)
        try:
            subprocess.run([tool, "exec", str(configuration), str(session)], cwd=copy, check=True)
        finally:
            reported(session, known)


if __name__ == "__main__":
    main()
