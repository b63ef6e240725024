"""Where secrets come from: a variable, a file as containers mount it, or a command such as a password manager's."""

import os
import shlex
import stat
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

COMMAND_PATIENCE_S = 30.0
"""How long a command may take; one that asks a person for a password at night would wait for ever."""
_LONG = 20
"""Names of files and programs are shorter, secrets are longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Variables with every secret resolved, which ones were given at all, and what is wrong, in sentences."""

    variables: dict[str, str]
    given: frozenset[str]
    problems: tuple[str, ...]


class _Useless(Exception):
    """A file or a command gave no secret; the words say why, never with what it gave."""


def resolved(variables: dict[str, str], secrets: Collection[str], *, fetch: Collection[str]) -> Sources:
    """Secrets put in place of `NAME_FILE` and `NAME_CMD`; those not in `fetch` are neither read nor run."""
    left, given, problems = dict(variables), set(variables), []
    for name in secrets:
        ways = [way for way in (name, f"{name}_FILE", f"{name}_CMD") if way in left]
        if len(ways) > 1:
            problems.append(f"{' and '.join(ways)} are both set. Keep one of them.")
        given |= {name} if ways else set()
        file, command = left.pop(f"{name}_FILE", None), left.pop(f"{name}_CMD", None)
        if len(ways) != 1 or name not in fetch:
            continue
        try:
            if file is not None:
                left[name] = _read(Path(file).expanduser())
            elif command is not None:
                left[name] = _told_by(command, without=secrets)
        except _Useless as error:
            problems.append(f"{ways[0]} {error}")
    return Sources(variables=left, given=frozenset(given), problems=tuple(problems))


def _read(path: Path) -> str:
    try:
        if others := readable_by_others(path):
            raise _Useless(f"cannot be used: {others}")
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise _Useless(f"cannot be read: {_shown(path)} ({why}). Correct the path or its permissions.") from None
    if not text:
        raise _Useless(f"cannot be used: {path} is empty. Put the secret into it.")
    return text


def readable_by_others(path: Path) -> str | None:
    """Why a file is no place for a secret, with the next step; None where only we can read it.

    A group may read what belongs to root, where we are in that group and are not root: so Kubernetes mounts secrets
    with `fsGroup` (0440, root:fsGroup), and we could not change it.
    """
    if os.name == "nt":
        return None
    seen = path.stat()
    shared = seen.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    mounted = seen.st_uid == 0 != os.geteuid() and seen.st_gid in {os.getegid(), *os.getgroups()}
    if not shared or (mounted and not shared & ~stat.S_IRGRP):
        return None
    return (
        f"{path} can be read by other users of this machine. Run: chmod 600 {path} "
        "(a container's secret: mount it with mode 0400)."
    )


def _shown(path: Path | str) -> str:
    """A path or a program's name; but not what may well be a secret that was given where its place belongs."""
    text = str(path)
    return text if "/" in text or len(text) < _LONG else f"a name of {len(text)} characters, is it the secret itself?"


def _told_by(command: str, *, without: Collection[str]) -> str:
    """What the command prints. It runs without a shell: nothing in it is expanded, piped or looked up by one.

    It sees the environment `without` the other secrets: they are none of its business.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise _Useless(f"is no command line ({error}). Close its quotes.") from None
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, from the operator's own settings
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_PATIENCE_S,
            check=False,
            env={name: value for name, value in os.environ.items() if name.upper() not in without},
        )
    except subprocess.TimeoutExpired:
        raise _Useless(
            f"took longer than {COMMAND_PATIENCE_S:.0f} s: {words[0]}. Does it wait for a person? Give it a session."
        ) from None
    except OSError as error:
        why = f"{_shown(words[0])} ({error.strerror})"
        raise _Useless(f"cannot be run: {why}. Correct the path; no shell is used.") from None
    return _printed(words[0], done)


def _printed(program: str, done: "subprocess.CompletedProcess[bytes]") -> str:
    try:
        text = done.stdout.decode().strip()
    except UnicodeDecodeError:
        raise _Useless(f"printed something that is not text: {program}. Let it print the secret alone.") from None
    if done.returncode != 0:
        raise _Useless(f"failed: {program} ended with {done.returncode}.{_why(done.stderr, text)} Run it by hand.")
    if not text:
        raise _Useless(f"printed nothing: {program}. Let it print the secret on standard output.")
    return text


def _why(stderr: bytes, stdout: str) -> str:
    """The last line of what a failed command complained, unless it holds a word of what it printed."""
    lines = stderr.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if not last or any(word in last for word in stdout.split()):
        return ""
    return f" It says: {''.join(c for c in last if c.isprintable())[:200]}."
