"""Decides where the text of a recording lies and how its bytes are unpacked.

A recording is a folder (``trace.txt``, packed or not, beside ``meta.json``) or a single text file.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError, suggestion, unreadable

SHIPPED = Path(__file__).parent / "recordings"
TRACE_NAMES = ("trace.txt.xz", "trace.txt.gz", "trace.txt.zst", "trace.txt")
CHUNK_BYTES = 1 << 20
# Far above a full ring buffer of the largest machine; stops a file that unpacks without end.
LARGEST_TEXT_BYTES = 8 << 30


class Damaged(Exception):
    """The bytes end too early or cannot be unpacked; the message says which."""


def find_recording(case: str, relative_to: Path) -> Path:
    """The path that ``case`` names: a shipped one (``recordings/NAME``), else a file or folder,
    relative to ``relative_to``. Raises InputError with the shipped names if there is none."""
    names = {f"{SHIPPED.name}/{folder.name}": folder for folder in sorted(SHIPPED.iterdir())}
    if case in names:
        return names[case]
    path = relative_to / case
    if case and path.exists():
        return path
    hint = suggestion(case, names)
    raise InputError.one(
        f"there is no recording '{case}'{hint}",
        str(path),
        f"give a file or folder, or one that is shipped: {', '.join(names)}",
    )


def find_text(path: Path) -> Path:
    """The file with the text: ``path`` itself, or the one in the folder. Raises InputError."""
    if not path.is_dir():
        return path
    for name in TRACE_NAMES:
        if (path / name).is_file():
            return path / name
    raise InputError.one(
        "the folder holds no recording", str(path), f"it needs one of {', '.join(TRACE_NAMES)}"
    )


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of the text, unpacked, chunk by chunk. The content, not the name, says how.

    Raises Damaged where the packed bytes end early or are broken, InputError where the file cannot
    be opened or no module can unpack it.
    """
    total_bytes = 0
    try:
        with path.open("rb") as raw:
            magic = raw.read(6)
        with _opened(path, magic) as file:
            while chunk := file.read1(CHUNK_BYTES):
                total_bytes += len(chunk)
                if total_bytes > LARGEST_TEXT_BYTES:
                    raise Damaged(f"it is larger than {LARGEST_TEXT_BYTES >> 30} GiB of text")
                yield chunk
    except (Damaged, InputError):
        raise
    except EOFError as error:
        raise Damaged("the packed file ends early") from error
    except Exception as error:
        # Each unpacker has exceptions of its own; only an OSError with a number is the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error, str(error)) from error
        raise Damaged(f"the packed file is broken ({error})") from error


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of the text, unpacked, without their ends. Raises as ``read_chunks``."""
    rest = b""
    for chunk in read_chunks(path):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) > CHUNK_BYTES:
            raise Damaged("a line is longer than any of a ring buffer")
        yield from lines
    if rest:
        yield rest


def _opened(path: Path, magic: bytes) -> Any:
    if magic.startswith(b"\x1f\x8b"):
        return importlib.import_module("gzip").open(path, "rb")
    if magic.startswith(b"\xfd7zXZ\x00"):
        return importlib.import_module("lzma").open(path, "rb")
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return _opened_zstd(path)
    return path.open("rb")


def _opened_zstd(path: Path) -> Any:
    try:
        return importlib.import_module("compression.zstd").open(path, "rb")
    except ImportError:
        pass
    try:
        return _ZstdFile(path, importlib.import_module("zstandard"))
    except ImportError:
        raise InputError.one(
            "it is packed with zstd, which this Python cannot unpack",
            str(path),
            "unpack it with zstd -d, or install the package zstandard (pcpbench[zst])",
        ) from None


class _ZstdFile:
    """Frames of a file, one after the other. The package's own reader takes a cut frame for the
    end of the file; this one does not."""

    # What a few bytes unpack to stays small, even in a file made to burst memory.
    PIECE_BYTES = 1 << 10

    def __init__(self, path: Path, module: Any) -> None:
        self._raw = path.open("rb")
        self._unpacker = module.ZstdDecompressor()
        self._frame: Any = None

    def __enter__(self) -> _ZstdFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def read1(self, _bytes: int) -> bytes:
        """Some unpacked bytes, none at the end. Raises EOFError where a frame is cut."""
        while True:
            ended = self._frame is None or self._frame.eof
            packed = b"" if self._frame is None else self._frame.unused_data if ended else b""
            packed = packed or self._raw.read(self.PIECE_BYTES)
            if not packed:
                if ended:
                    return b""
                raise EOFError
            if ended:
                self._frame = self._unpacker.decompressobj()
            if unpacked := bytes(self._frame.decompress(packed)):
                return unpacked
