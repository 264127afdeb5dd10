"""A folder is held by one run, and by nobody when that has died."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from geodepth.foundation.errors import InputError
from geodepth.foundation.files.folder_lock import only_run_in

HOLDER = """
import sys, time
from geodepth.foundation.files.folder_lock import only_run_in
with only_run_in(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_refused_until_the_first_has_died(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(InputError, match=r"--out .*new is in use by another run"), only_run_in(folder, "--out"):
        pass
    with only_run_in(folder, part="-1-of-2"):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with only_run_in(folder):
        pass


def test_no_folder_is_no_lock(tmp_path: Path) -> None:
    with only_run_in(None), only_run_in(None):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="expected a folder that can be written"), only_run_in(tmp_path / "file"):
        pass


def test_a_lock_that_cannot_be_taken_is_told(tmp_path: Path) -> None:
    """Only a file system that knows no locks is written without one."""
    (tmp_path / ".lock").mkdir()
    with pytest.raises(InputError, match="cannot be held"), only_run_in(tmp_path):
        pass


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (NotImplementedError(), None),
        (OSError(errno.ENOLCK, "no locks"), None),
        (OSError(errno.ENOSYS, "no locks"), None),
        (OSError(errno.EIO, "broken"), "--out {} cannot be held (broken); give another folder"),
        (Timeout("lock"), "--out {} is in use by another run; wait for its end, or give another folder"),
    ],
    ids=["not implemented", "no locks", "no such call", "broken", "held"],
)
def test_only_a_file_system_without_locks_is_written_without_one(
    refused: Exception, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acquire(lock: FileLock, blocking: bool) -> None:
        assert not blocking
        raise refused

    monkeypatch.setattr(FileLock, "acquire", acquire)
    if said is None:
        with only_run_in(tmp_path, "--out"):
            (tmp_path / "result").write_text("")
        return
    with pytest.raises(InputError) as caught, only_run_in(tmp_path, "--out"):
        pass
    assert str(caught.value) == said.format(tmp_path)
