"""What went wrong with a file of ours, in words that say what to do next."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from connector.errors import CrmError, GiveUp, TryAgain

_FULL = (
    "no space left",
    "could not write all bytes",
    "failed to offload",
    "max_temp_directory_size",
    "disk is full",
    "file too large",
)
_DENIED = ("permission denied", "read-only file system", "unable to open database file", "readonly database")
_BROKEN = (
    "corrupt",
    "not a valid duckdb database",
    "version number",
    "serialization error",
    "failure while replaying wal",
    "database has been invalidated",
    "checksum",
    "could not read enough bytes",
)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(word in text for word in words)


def is_broken(error: BaseException) -> bool:
    """Whether the error means that the mirror's file cannot be read any more."""
    if not isinstance(error, duckdb.Error) or is_full(error):
        return False
    fatal = isinstance(error, duckdb.FatalException | duckdb.InternalException | duckdb.SerializationException)
    return fatal or _says(error, _BROKEN)


def is_full(error: BaseException) -> bool:
    """Whether the error means that the disk is full."""
    return _says(error, _FULL) or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    )


def is_denied(error: BaseException) -> bool:
    """Whether the error means that we may not write there."""
    return _says(error, _DENIED) or isinstance(error, PermissionError | NotADirectoryError | FileExistsError)


def has_room(file: Path, more: int = 1 << 18) -> bool:
    """Whether a file like this one (and its log) could still grow by `more` bytes, as far as the system tells."""
    log = file.with_name(f"{file.name}-wal")
    size = max(one.stat().st_size if one.exists() else 0 for one in (file, log))
    try:
        with tempfile.TemporaryFile(dir=file.parent) as probe:
            probe.seek(size)
            probe.write(bytes(more))
    except OSError as error:
        return not is_full(error)
    return True


def in_words(error: BaseException, path: Path) -> CrmError | None:
    """The same error as one of `connector.errors`, with the next step; None for what we have no better words for."""
    if is_full(error):
        return TryAgain(f"{path.parent}: the disk is full. Make room there (nothing was lost), then run again.")
    if is_denied(error):
        return GiveUp(f"{path.parent}: cannot write there. Give this user the right to, or set TOSSUP_STATE_DIR.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return TryAgain(f"{path.name}: the memory limit is too small for this. Raise TOSSUP_MEMORY_LIMIT (say 1GB).")
    return None


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn what the system or the engine says about `path` into an error with a next step, where we know one."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        words = in_words(error, path)
        if words is None:
            raise
        raise words from error
