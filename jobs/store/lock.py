"""One owner at a time: a lock on a file that the system itself lets go of when its owner dies."""

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from connector.errors import TryAgain

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """An exclusive lock held from construction to `release`; it never outlives its process, not even a killed one.

    Raises `connector.errors.TryAgain` at once when somebody else holds it; `what` says what is being locked.
    """

    def __init__(self, path: Path, what: str) -> None:
        self._file = path.open("a+", encoding="utf-8")
        try:
            _take(self._file)
        except OSError as error:
            owner = self._owner()
            self._file.close()
            raise TryAgain(f"{what} is in use by {owner}. Wait until it has finished, then run again.") from error
        self._sign()

    def release(self) -> None:
        """Let go. The file stays: removing it would let two owners lock two files of one name."""
        self._file.close()

    def _owner(self) -> str:
        with contextlib.suppress(OSError):
            self._file.seek(0)
            if pid := self._file.read().strip():
                return f"process {pid}"
        return "another process"

    def _sign(self) -> None:
        # only words for the next one's message: on a full disk the lock is as good without them
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(str(os.getpid()))
            self._file.flush()
