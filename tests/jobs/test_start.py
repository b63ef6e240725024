"""A command starts quickly: it loads what it uses, and looks for nothing to free meanwhile."""

import subprocess
import sys

SLOW = ("simple_salesforce", "zeep", "hubspot", "apscheduler", "pandas", "jinja2", "alembic", "starlette", "psycopg")


def _said(*words: str) -> str:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True).stdout.strip()


def test_a_command_loads_no_library_before_it_is_used() -> None:
    script = f"import sys, jobs.cli; print([name for name in {SLOW!r} if name in sys.modules])"
    assert _said("-c", script) == "[]"


def test_the_command_and_the_module_are_one_and_collect_rarely() -> None:
    script = (
        "import gc, sys; sys.argv = ['tossup', '--version']\n"
        "import jobs.start as start\n"
        "try: start.main()\n"
        "except SystemExit: print(gc.get_threshold()[0], 'jobs.cli' in sys.modules)"
    )
    version, rest = _said("-c", script).splitlines()
    assert rest == "200000 True"
    assert _said("-m", "jobs", "--version") == version
