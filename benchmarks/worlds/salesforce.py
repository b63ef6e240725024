"""Writes to a Salesforce org with plain requests: custom fields by Tooling, rows by Collections and Bulk API 2.0."""

import csv
import io
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.worlds.machine import THREADS, Refused, Wire, chunks, in_parallel

ROWS_A_JOB = 50_000
ROWS_A_CALL = 200
_PERMISSIONS = "Loaded_Data"
Cell = str | int | float | bool | None


class Salesforce:
    """One org, as the integration user that the emulator announced."""

    def __init__(self, announced: Mapping[str, Any]) -> None:
        version = str(announced["api_version"]).removeprefix("v")
        self._wire = Wire(f"{announced['url']}/services/data/v{version}/", str(announced["access_token"]))
        self._username = str(announced["username"])
        self._permissions: str | None = None

    def define_object(self, name: str, label: str) -> None:
        """Create a custom object (`Product_Usage__c`) whose name field is a text; keep it if it is there."""
        known = {entry["name"] for entry in self._get("sobjects")["sobjects"]}
        if name in known:
            return
        metadata = {
            "label": label,
            "pluralLabel": f"{label}s",
            "nameField": {"type": "Text", "label": "Name"},
            "deploymentStatus": "Deployed",
            "sharingModel": "ReadWrite",
        }
        self._post("tooling/sobjects/CustomObject", {"FullName": name, "Metadata": metadata})
        rights = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
        grant = {"ParentId": self._permission_set(), "SobjectType": name}
        self._post("sobjects/ObjectPermissions", grant | {f"Permissions{right}": True for right in rights})

    def define_fields(self, object: str, fields: Mapping[str, Mapping[str, Any]]) -> None:
        """Create the custom fields the object lacks and let our user see and edit them.

        `fields` are the `Metadata` of the Tooling API by field name.
        """
        known = {field["name"] for field in self._get(f"sobjects/{object}/describe")["fields"]}
        for name, metadata in fields.items():
            if name in known:
                continue
            self._post("tooling/sobjects/CustomField", {"FullName": f"{object}.{name}", "Metadata": dict(metadata)})
            grant = {
                "ParentId": self._permission_set(),
                "SobjectType": object,
                "Field": f"{object}.{name}",
                "PermissionsRead": True,
                "PermissionsEdit": True,
            }
            self._post("sobjects/FieldPermissions", grant)

    def create(self, object: str, records: Iterable[Mapping[str, object]]) -> list[str]:
        """Create some records by Collections; their ids, in order. Raises Refused for the first that is refused."""
        ids = []
        for chunk in chunks(records, ROWS_A_CALL):
            body = {"records": [{"attributes": {"type": object}, **record} for record in chunk]}
            for record, outcome in zip(chunk, self._post("composite/sobjects", body), strict=True):
                if not outcome["success"]:
                    raise Refused(f"{object} {record}: {outcome['errors']}")
                ids.append(str(outcome["id"]))
        return ids

    def load(
        self,
        object: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        key: str | None = None,
        in_order: bool = False,
    ) -> dict[str, str]:
        """Insert rows by Bulk API 2.0 jobs; record ids by the column `key` (which must be unique), if one is named.

        An empty cell is None. `in_order`: record ids rise as the rows come. Raises Refused unless every row of every
        job was inserted.
        """

        def one_job(chunk: list[Sequence[Cell]]) -> dict[str, str]:
            return self._job(object, columns, chunk, key)

        ids: dict[str, str] = {}
        for found in in_parallel(one_job, chunks(rows, ROWS_A_JOB), 1 if in_order else THREADS):
            ids.update(found)
        return ids

    def count(self, object: str, where: str = "") -> int:
        """Live records of the object."""
        query = f"SELECT COUNT() FROM {object}{' WHERE ' + where if where else ''}"
        return int(self._get("query", q=query)["totalSize"])

    def _job(
        self, object: str, columns: Sequence[str], rows: list[Sequence[Cell]], key: str | None
    ) -> dict[str, str]:
        wanted = {"object": object, "operation": "insert", "contentType": "CSV", "lineEnding": "LF"}
        path = f"jobs/ingest/{self._post('jobs/ingest', wanted)['id']}"
        self._wire.send("PUT", f"{path}/batches", data=_csv(columns, rows), headers={"Content-Type": "text/csv"})
        self._wire.send("PATCH", path, json={"state": "UploadComplete"})
        job = self._wait(path)
        done = int(job["numberRecordsProcessed"]) - int(job["numberRecordsFailed"])
        if job["state"] != "JobComplete" or done != len(rows):
            refused = self._wire.send("GET", f"{path}/failedResults").text[:500]
            raise Refused(f"{object}: {done} of {len(rows)} rows, {job.get('errorMessage', '')}\n{refused}")
        if key is None:
            return {}
        answer = self._wire.send("GET", f"{path}/successfulResults").content.decode()
        ids = {row[key]: row["sf__Id"] for row in csv.DictReader(io.StringIO(answer, newline=""))}
        if len(ids) != len(rows):
            raise Refused(f"{object}: {len(rows)} rows, but {len(ids)} values of {key}")
        return ids

    def _wait(self, path: str) -> dict[str, Any]:
        pause_s = 0.02
        while True:
            job: dict[str, Any] = self._get(path)
            if job["state"] in ("JobComplete", "Failed", "Aborted"):
                return job
            time.sleep(pause_s)
            pause_s = min(1.0, pause_s * 1.5)

    def _permission_set(self) -> str:
        if self._permissions is None:
            self._permissions = self._find("PermissionSet", f"Name = '{_PERMISSIONS}'") or self._new_permission_set()
        return self._permissions

    def _new_permission_set(self) -> str:
        made = self._post("sobjects/PermissionSet", {"Name": _PERMISSIONS, "Label": "Loaded data"})
        user = self._find("User", f"Username = '{self._username}'")
        if user is None:
            raise Refused(f"no user {self._username}")
        self._post("sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": made["id"]})
        return str(made["id"])

    def _find(self, object: str, where: str) -> str | None:
        records = self._get("query", q=f"SELECT Id FROM {object} WHERE {where}")["records"]
        return str(records[0]["Id"]) if records else None

    def _get(self, path: str, **query: str) -> Any:
        return self._wire.send("GET", path, params=query).json()

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._wire.send("POST", path, json=dict(body)).json()


def text(label: str, length: int = 255) -> dict[str, Any]:
    """A line of text."""
    return {"label": label, "type": "Text", "length": length}


def number(label: str, scale: int = 0) -> dict[str, Any]:
    """A number with `scale` places."""
    return {"label": label, "type": "Number", "precision": 18, "scale": scale}


def money(label: str) -> dict[str, Any]:
    """An amount."""
    return {"label": label, "type": "Currency", "precision": 18, "scale": 2}


def checkbox(label: str) -> dict[str, Any]:
    """Yes or no; no at first."""
    return {"label": label, "type": "Checkbox", "defaultValue": False}


def day(label: str) -> dict[str, Any]:
    """A date."""
    return {"label": label, "type": "Date"}


def choice(label: str, *values: str) -> dict[str, Any]:
    """A picklist of these values and no other."""
    listed = [{"fullName": value, "label": value, "default": False} for value in values]
    definition = {"sorted": False, "value": listed}
    return {"label": label, "type": "Picklist", "valueSet": {"restricted": True, "valueSetDefinition": definition}}


def lookup(label: str, object: str, relationship: str) -> dict[str, Any]:
    """A reference to a record of `object`."""
    return {"label": label, "type": "Lookup", "referenceTo": object, "relationshipName": relationship}


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _cell(cell: Cell) -> str | int | float:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell
