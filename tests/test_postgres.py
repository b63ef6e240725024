"""The server that tests start: it is gone when they are, however they end."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_server_whose_tests_are_killed_ends_by_itself_and_leaves_nothing() -> None:
    script = (
        "import time; from tests.postgres import serving\n"
        "with serving() as server: print(server.port, server.folder, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        port, folder = tests.stdout.readline().split()
        assert listens(int(port))
        tests.send_signal(signal.SIGKILL)
    for _ in range(200):
        if not listens(int(port)) and not (Path(folder) / "data").exists():
            return
        time.sleep(0.05)
    raise AssertionError("the server is still there")


def listens(port: int) -> bool:
    with socket.socket() as probing:
        return probing.connect_ex(("127.0.0.1", port)) == 0
