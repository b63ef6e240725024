"""A process of its own that serves one emulated CRM with the small company, until its standard input is closed."""

import sys
from pathlib import Path

import orjson

from connector.emulator.server import Emulator
from connector.emulator.worlds import fill_demo
from tests.jobs.small import small_world


def main(crm: str, full: int, tossups: int, log: Path | None) -> None:
    """Serve; the first line says where, as JSON. Every request goes into the log, with what was sent."""
    world = small_world([f"a1{n:03}" for n in range(full)], [f"a2{n:03}" for n in range(tossups)])
    with Emulator(crm, log=log, log_bodies=True) as emulator:
        fill_demo(world, orgs=emulator.orgs, clock=emulator.clock)
        sys.stdout.write(orjson.dumps(emulator.announcement).decode() + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
