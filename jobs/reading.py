"""Several objects read at once: threads ask the CRM, and hand their batches over one short line."""

import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from connector.port import Batch, Crm, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    error: BaseException


_Item = Batch | _Failed | None

AHEAD_BYTES = 16 << 20
"""What may wait to be written: enough to go on reading while the writer writes."""


class _Queue(queue.Queue[tuple[str, _Item]]):
    """A queue whose size is what lies in it, in bytes: pages of 100 rows and of 50,000 are alike to it."""

    _bytes = 0

    def _put(self, item: tuple[str, _Item]) -> None:
        self._bytes += _weight(item[1])
        super()._put(item)

    def _get(self) -> tuple[str, _Item]:
        item = super()._get()
        self._bytes -= _weight(item[1])
        return item

    def _qsize(self) -> int:
        return self._bytes


def _weight(item: _Item) -> int:
    return 1 + (item.rows.nbytes if isinstance(item, Batch) else 0)


@dataclass(slots=True, kw_only=True)
class _Line:
    """Batches wait here for their only taker. It is short, so that a slow taker slows the CRM and not the memory."""

    items: _Queue
    left: threading.Event = field(default_factory=threading.Event)

    def fill(self, crm: Crm, object: str, read: Read) -> None:
        """Read one object to its end; the body of a thread."""
        if self.left.is_set():
            return
        try:
            for batch in crm.read(read):
                if not self._put(object, batch):
                    return
            self._put(object, None)
        except BaseException as error:  # raised again where the batches are taken
            self._put(object, _Failed(error=error))

    def _put(self, object: str, item: _Item) -> bool:
        while not self.left.is_set():
            with suppress(queue.Full):
                self.items.put((object, item), timeout=0.1)
                return True
        return False


def read_at_once(crm: Crm, reads: Mapping[str, Read], threads: int) -> Iterator[tuple[str, Batch | None]]:
    """The batches of all these reads, each read's in its order, with (object, None) at its end.

    The first error of any read is raised; no thread outlives the iterator.
    """
    line = _Line(items=_Queue(maxsize=AHEAD_BYTES))
    pool = ThreadPoolExecutor(max_workers=max(threads, 1), thread_name_prefix="pull")
    try:
        for object, read in reads.items():
            pool.submit(line.fill, crm, object, read)
        going = len(reads)
        while going:
            object, item = line.items.get()
            if isinstance(item, _Failed):
                raise item.error
            going -= item is None
            yield object, item
    finally:
        line.left.set()
        pool.shutdown(cancel_futures=True)
