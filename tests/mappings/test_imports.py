"""The core talks to nobody."""

import subprocess
import sys

LOOK = """
import sys
import ibis, ibis.expr.types, pydantic, ruamel.yaml, pydantic_core
before = set(sys.modules)
import mappings.check, mappings.load, mappings.read, mappings.write, mappings.editor_schema
print(*sorted(name.partition(".")[0] for name in set(sys.modules) - before))
"""
TALKERS = {
    "http",
    "socket",
    "ssl",
    "requests",
    "urllib3",
    "httpx",
    "sqlite3",
    "duckdb",
    "sqlalchemy",
    "pyarrow",
    "pandas",
}


def test_importing_mappings_loads_nothing_that_talks_beyond_what_its_libraries_load() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "mappings" in loaded
    assert not loaded & TALKERS
    assert not loaded & {"connector", "leads", "jobs"}
