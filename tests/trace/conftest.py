"""Recordings written by the tests, line by line."""

import pytest


def text_of(events, *, clock=1000, header=True):
    """A ring buffer's text: ``events`` are (cpu, event) in order, ``clock`` ticks apart."""
    lines = ["# tracer: nop", "#"]
    if header:
        count = f"{len(events)}/{len(events)}"
        lines.append(f"# entries-in-buffer/entries-written: {count}   #P:4")
    for number, (cpu, event) in enumerate(events):
        lines.append(f"   task-{cpu}   [{cpu:03}] d..1  {5000 + number * clock}: {event}")
    return "\n".join(lines) + "\n"


def alloc(pfn, order=0, migratetype=1):
    return f"mm_page_alloc: page=0x1 pfn={pfn} order={order} migratetype={migratetype} gfp_flags=0"


def free(pfn, order=0):
    return f"mm_page_free: page=0x1 pfn={pfn} order={order}"


class Writer:
    """Writes recordings into a folder of the test."""

    alloc = staticmethod(alloc)
    free = staticmethod(free)
    drain = "kp_pre: K drain_all_pages a0=0"
    text_of = staticmethod(text_of)

    def __init__(self, folder):
        self.folder = folder

    def file(self, *events, name="trace.txt", **options):
        path = self.folder / name
        path.write_text(text_of(events, **options))
        return path


@pytest.fixture
def writer(tmp_path):
    return Writer(tmp_path)
