"""Decides how the kept interruptions of a cell are packed in a run file."""

from __future__ import annotations

import json
import sys
import zlib
from array import array

from pcpbench.simulator.interruptions import Interruption, Interruptions
from pcpbench.store.canonical import canonical_json

LEVEL = 6
WHOLE = "q"  # 64 bits, signed


def interruptions_to_bytes(found: Interruptions) -> bytes:
    """A line of JSON (``cpus``: for each isolated CPU its number, how many interruptions it had
    and how many are kept; ``mechanisms``, ``causes``: names), then their starts, then
    their lengths in ps, then what took them (mechanism times the number of causes plus cause), as
    integers of 64 bits, the least byte first; all compressed by zlib."""
    kept: dict[int, int] = {}
    for piece in found.kept:
        kept[piece.cpu] = kept.get(piece.cpu, 0) + 1
    mechanisms = sorted({piece.mechanism for piece in found.kept})
    causes = sorted({piece.cause for piece in found.kept})
    head = canonical_json(
        {
            "cpus": [[cpu, seen, kept.get(cpu, 0)] for cpu, seen in found.seen],
            "mechanisms": mechanisms,
            "causes": causes,
        }
    )
    numbers = array(WHOLE, [piece.start_ps for piece in found.kept])
    numbers.extend(piece.length_ps for piece in found.kept)
    numbers.extend(
        mechanisms.index(piece.mechanism) * len(causes) + causes.index(piece.cause)
        for piece in found.kept
    )
    if sys.byteorder == "big":
        numbers.byteswap()
    return zlib.compress(head.encode() + b"\n" + numbers.tobytes(), LEVEL)


def interruptions_from_bytes(packed: bytes) -> Interruptions:
    """What ``interruptions_to_bytes`` packed. Raises ValueError, LookupError, TypeError or
    zlib.error for other bytes."""
    line, _, rest = zlib.decompress(packed).partition(b"\n")
    head = json.loads(line)
    numbers = array(WHOLE)
    numbers.frombytes(rest)
    if sys.byteorder == "big":
        numbers.byteswap()
    cpus = [cpu for cpu, _, kept in head["cpus"] for _ in range(kept)]
    count = len(cpus)
    if len(numbers) != 3 * count:
        raise ValueError(f"{len(numbers)} numbers of interruptions, {3 * count} expected")
    causes = head["causes"]
    pieces = []
    for i, cpu in enumerate(cpus):
        mechanism, cause = divmod(numbers[2 * count + i], len(causes))
        pieces.append(
            Interruption(
                cpu=cpu,
                start_ps=numbers[i],
                length_ps=numbers[count + i],
                mechanism=head["mechanisms"][mechanism],
                cause=causes[cause],
            )
        )
    seen = tuple((cpu, count) for cpu, count, _ in head["cpus"])
    return Interruptions(seen=seen, kept=tuple(pieces))
