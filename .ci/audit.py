"""What Tossup is made of: known vulnerabilities, licences, and a bill of materials. Exits 1 where something is wrong.

audit.py VENV-TO-LOOK-AT SBOM-TO-WRITE [--offline]      run by a Python that has pip-audit and cyclonedx-bom
audit.py --answers                                      whether a vulnerability service answers here (exit 1: none)

That no service could be asked is wrong, too, unless --offline says that it is known.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

HERE = Path(__file__).parent
FLOORS = HERE / "floors.txt"
SAID = {"pyarrow-hotfix": "Apache-2.0"}
"""Licences of packages whose metadata name none, read in the licence file that they ship."""
COPYLEFT = re.compile(r"(?<!L)A?GPL|GNU (Affero )?General Public", re.IGNORECASE)
_LOOK = (
    "import importlib.metadata as m, json;"
    "print(json.dumps({d.name: [d.version, d.requires or []] for d in m.distributions()}))"
)
Installed = Mapping[str, tuple[str, list[str]]]


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(installed: Installed, root: str = "tossup", extras: Iterable[str] = ()) -> set[str]:
    """Everything that is installed because `root` needs it to run."""
    found: set[str] = set()
    queue = [(root, frozenset(extras))]
    seen = set()
    while queue:
        name, wanted = queue.pop()
        if (name, wanted) in seen or name not in installed:
            continue
        seen.add((name, wanted))
        found.add(name)
        for text in installed[name][1]:
            one = Requirement(text)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
                queue.append((plain(one.name), frozenset(one.extras)))
    return found - {root}


def below_floors(installed: Installed, floors: str) -> Iterator[str]:
    """Packages older than the first release without a known hole."""
    for line in floors.splitlines():
        text, _, why = line.partition("#")
        if not text.strip():
            continue
        one = Requirement(text.strip())
        version = installed.get(plain(one.name), ("", []))[0]
        if version and not one.specifier.contains(Version(version), prereleases=True):
            yield f"{one.name} {version} is older than {one.specifier}: {why.strip()}"


def licences(component: Mapping[str, Any]) -> list[str]:
    """What a component of the bill of materials says of its licence."""
    found = []
    for one in component.get("licenses") or ():
        licence = one.get("license") or {}
        found.append(one.get("expression") or licence.get("id") or licence.get("name") or "")
    return [one for one in found if one] or [SAID[name] for name in [plain(str(component["name"]))] if name in SAID]


def wrong_in(bill: Mapping[str, Any], runtime: Iterable[str]) -> Iterator[str]:
    """Runtime dependencies that are missing, of no licence, or of one that would bind our users."""
    components = {plain(one["name"]): one for one in bill.get("components", ())}
    for name in sorted(runtime):
        if name not in components:
            yield f"{name} is not in the bill of materials"
            continue
        said = licences(components[name])
        if not said:
            yield f"{name} names no licence: look, and add it to SAID"
        elif all(COPYLEFT.search(part) for one in said for part in re.split(r"\bOR\b", one)):
            yield f"{name} is under {', '.join(said)}"


def answers() -> bool:
    """Whether a vulnerability service answers when it is asked about one package."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "requirements.txt"
        one.write_text(f"pip=={importlib.metadata.version('pip')}\n", "utf-8")
        return known_holes("--requirement", str(one), "--no-deps", "--disable-pip")[0] > 0


def known_holes(*where: str) -> tuple[int, list[str]]:
    """How many packages a vulnerability service could be asked about, and what it knows."""
    done = subprocess.run(  # noqa: S603 - our own tool
        [sys.executable, "-m", "pip_audit", *where, "--format", "json", "--progress-spinner", "off"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    try:
        told = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return 0, []
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release'}"
        for one in told for hole in one.get("vulns", ())
    ]  # fmt: skip
    return sum("vulns" in one for one in told), holes


def installed_in(python: Path) -> Installed:
    """Version and needs of every package that this interpreter sees."""
    looked = subprocess.run([python, "-c", _LOOK], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return {plain(name): (version, needs) for name, (version, needs) in json.loads(looked.stdout).items()}


def unasked(asked: int, *, offline: bool) -> Iterator[str]:
    """What is wrong where no service was asked, unless that is known."""
    if asked == 0 and not offline:
        yield "no vulnerability service was asked: see why, or say --offline"


def main(venv: Path, sbom: Path, *, offline: bool) -> int:
    """Check, write the bill of materials, say what was found."""
    python = venv / "bin" / "python"
    installed = installed_in(python)
    subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--output-file", str(sbom)],
        check=True, timeout=300,
    )  # fmt: skip
    runtime = closure(installed)
    wrong = [*wrong_in(json.loads(sbom.read_text("utf-8")), runtime)]
    wrong += below_floors(installed, FLOORS.read_text("utf-8"))
    asked, holes = known_holes("--path", str(next((venv / "lib").glob("python*/site-packages"))))
    wrong += unasked(asked, offline=offline)
    if asked == 0:
        say("!" * 100)
        say("NOT AUDITED: no vulnerability service was asked. Only .ci/floors.txt was checked.")
        say("!" * 100)
    for one in (*wrong, *holes):
        say(f"wrong: {one}")
    say(f"{len(runtime)} runtime dependencies; {asked} packages asked about; bill of materials: {sbom}")
    return 1 if wrong or holes or not runtime else 0


def say(text: str) -> None:
    """One line for whoever reads the run."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--answers"]:
        sys.exit(0 if answers() else 1)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), offline=sys.argv[3:] == ["--offline"]))
