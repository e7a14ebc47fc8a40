"""The C side of a cable, compiled with the compiler at hand, and Python's view of it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1] / "examples" / "microcontroller"
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-O2"]
OPEN, CLOSED, SENT, PART, END = range(5)


def compile_c(out: Path, *arguments: str) -> Path:
    """Compile into ``out``; all warnings are errors."""
    compiler = (os.environ.get("CC") or "cc").split()
    subprocess.run([*compiler, *STRICT, *arguments, "-o", str(out)], cwd=ROOT, check=True)
    return out


def library(folder: Path, payload: int = 96, window: int = 2) -> ctypes.CDLL:
    """The codec and the session as a library."""
    sizes = [f"-DEDGE_WIRE_PAYLOAD={payload}", f"-DEDGE_WIRE_WINDOW={window}"]
    made = compile_c(folder / f"wire{payload}.so", "-shared", "-fPIC", *sizes, "edge_wire.c", "edge_json.c")
    found = ctypes.CDLL(str(made))
    found.edge_wire_encode.restype = found.edge_wire_unstuff.restype = ctypes.c_size_t
    found.edge_json_question.restype = found.edge_json_read.restype = ctypes.c_size_t
    found.edge_wire_send.restype = ctypes.c_uint16
    found.edge_wire_crc32.restype = ctypes.c_uint32
    return found


class Asker:
    """An asker in C. ``happened``: what it was told (event, kind, tag, bytes)."""

    def __init__(self, c: ctypes.CDLL, name: bytes = b"button", number: int = 7) -> None:
        self.happened: list[tuple[int, str, int, bytes]] = []
        self._c = c
        self._out = bytearray()
        self._wire = ctypes.create_string_buffer(2048)
        self._name = name
        self._kept: Any = None
        self._write = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t)(
            lambda _user, data, n: self._out.extend(data[:n])
        )
        self._event = ctypes.CFUNCTYPE(
            None,
            ctypes.c_void_p,
            ctypes.c_int,
            ctypes.c_char,
            ctypes.c_uint16,
            ctypes.POINTER(ctypes.c_uint8),
            ctypes.c_size_t,
        )(lambda _u, event, kind, tag, data, n: self.happened.append((event, kind.decode(), tag, bytes(data[:n]))))
        c.edge_wire_init(self._wire, name, ctypes.c_uint32(number), ctypes.c_uint32(0), self._write, self._event, None)

    def receive(self, data: bytes, now_ms: int) -> None:
        self._c.edge_wire_receive(self._wire, data, ctypes.c_size_t(len(data)), ctypes.c_uint32(now_ms))

    def poll(self, now_ms: int) -> bytes:
        """What it has to say."""
        self._c.edge_wire_poll(self._wire, ctypes.c_uint32(now_ms))
        out = bytes(self._out)
        self._out.clear()
        return out

    def send(self, kind: str, text: bytes) -> int:
        """The tag, or 0 if it cannot be sent now."""
        tag = self._c.edge_wire_send(self._wire, ctypes.c_char(kind.encode()), text, ctypes.c_size_t(len(text)))
        if tag:
            self._kept = text  # it is sent from where it lies
        return int(tag)
