"""The same leads on a real Spark: a standalone master and two workers on loopback, beside the embedded engine.

    python -m benchmarks.leads_spark [--accounts 10000]

Needs `tossup[spark]` and Java 17. Exits with 1 unless leads, account rows and facts are equal, row for row.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyspark
from pyspark.sql import SparkSession

from benchmarks.scale.spark import SparkWorld
from benchmarks.scale.ways import LINEAGE, opened
from benchmarks.scale.world import TODAY, make
from leads.find import Found, find
from mappings.canonical import TABLES
from mappings.load import load_rules

HOME = Path(pyspark.__file__).parent
HOST = "127.0.0.1"
START_S = 60.0
CONFIG = {
    "spark.driver.host": HOST,
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.executor.cores": "1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A master and two workers in processes of their own: the master's address."""
    port = free_port()
    address = f"spark://{HOST}:{port}"
    with ended() as running:
        running.append(daemon(folder, "master.Master", "--port", str(port)))
        wait_for(port)
        for _worker in range(2):
            running.append(daemon(folder, "worker.Worker", "--cores", "1", "--memory", "1g", address))
        yield address


@contextmanager
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    """A list of processes, each ended in the end."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        yield running
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(30)


def daemon(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    """The wheel has no start scripts for a cluster, but the classes that they start."""
    where = {"SPARK_HOME": str(HOME), "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_LOCAL_DIRS": str(folder)}
    command = [HOME / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", "--host", HOST, "--webui-port", "0"]
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen([*command, *words], env=os.environ | where, stdout=log, stderr=log)


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Until somebody listens there. Raises TimeoutError after a minute."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"No Spark master on {HOST}:{port}; is Java 17 there?")


def rows(table: ir.Table) -> list[dict[str, Any]]:
    """Every row, by account."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return sorted(found, key=lambda row: str(row["account_id"]))


Told = tuple[Found, list[dict[str, Any]], list[dict[str, Any]]]


def on_spark(file: Path, folder: Path) -> Told:
    """Leads, account rows and facts as the cluster finds them."""
    with duckdb.connect(str(file), read_only=True) as engine:
        tables = {name: engine.table(f'"{name}"').to_arrow_table() for name in TABLES}
    with cluster(folder) as address:
        builder = SparkSession.builder.master(address).appName("leads")
        session = builder.config(map={**CONFIG, "spark.sql.warehouse.dir": str(folder / "warehouse")}).getOrCreate()
        try:
            world = SparkWorld(session, folder)
            return told(world.load(tables), world.stage)
        finally:
            session.stop()


def embedded(file: Path) -> Told:
    """The same on the embedded engine."""
    with opened(file, "2GB") as engine:
        return told(engine.tables, engine.stage)


def told(tables: dict[str, ir.Table], stage: Any) -> Told:
    began = time.perf_counter()
    found = find(tables, load_rules("salesforce", None), today=TODAY, lineage=LINEAGE, stage=stage, language="en")
    answer = found, rows(found.accounts), rows(found.facts)
    took = time.perf_counter() - began
    print(f"{len(found.leads):,} leads of {len(answer[1]):,} accounts in {took:.1f} s", flush=True)
    return answer


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--accounts", type=int, default=10_000)
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder / "world.duckdb", chosen.accounts)
        one, other = embedded(folder / "world.duckdb"), on_spark(folder / "world.duckdb", folder)
    parts = {
        "leads": one[0].leads == other[0].leads,
        "account rows": one[1] == other[1],
        "facts": one[2] == other[2],
    }
    print(", ".join(f"{name} {'equal' if equal else 'DIFFER'}" for name, equal in parts.items()))
    return 0 if all(parts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
