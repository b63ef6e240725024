"""python -m benchmarks.worlds.online_retail --announcement FILE --crm salesforce|hubspot [--data FOLDER]"""

from benchmarks.worlds.command import DataSet, run
from benchmarks.worlds.online_retail import hubspot, salesforce, source

DATA_SET = DataSet(
    folder="online_retail",
    ends=source.ENDS,
    read=source.read,
    load={"salesforce": salesforce.load, "hubspot": hubspot.load},
    counted={"salesforce": salesforce.counted, "hubspot": hubspot.counted},
)

if __name__ == "__main__":
    raise SystemExit(run(DATA_SET))
