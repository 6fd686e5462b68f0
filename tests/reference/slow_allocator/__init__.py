"""The page allocator of Linux 5.10 to 7.2 as plain Python: what the native one must agree with.

Slow, and written from the kernel's rules (mm/page_alloc.c, mm/vmstat.c; each step names its
function there), not from native/allocator or the presets, so that the same mistake is unlikely to
be made twice. One zone that starts at page 0, no isolated pageblocks, no CMA, no compaction. A
list's head is its first element. A page in use counts as movable if it was allocated as movable.
"""

from .model import Model
from .releases import PAGE_SIZES, RELEASES

__all__ = ["PAGE_SIZES", "RELEASES", "Model"]
