"""How fast a board reads its memory, found out there in two seconds by nothing but its Python.

A token reads every weight once, so this is what its speed is bounded by. The search for a byte that is not there reads
memory as fast as C can; processes, not threads, because Python's own lock is held meanwhile.
"""

from __future__ import annotations

from . import json_text

__all__ = ["SCRIPT", "SECONDS", "measured"]

#: What is to be waited for it at most.
SECONDS = 60.0
_MOST = 1e13

#: To be read by `python3 -I -S -`: prints one line of JSON, {"reads": {processes: bytes/s}}.
SCRIPT = """
import json, os, time

def memory():
    for line in open("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 1 << 28

def child(size, ready, go, told):
    block = b"1" * size  # written, so that it is memory and not the page of zeros
    os.write(ready, b"r")
    os.read(go, 1)
    begun, passes = time.monotonic(), 0
    while not passes or time.monotonic() - begun < 0.3:
        if block.find(b"0") >= 0:
            os._exit(1)
        passes += 1
    os.write(told, b"%d\\n" % (passes * size / (time.monotonic() - begun)))
    os._exit(0)

def reads(count):
    size = min(64 << 20, memory() // (4 * count))
    ready, go, told = os.pipe(), os.pipe(), os.pipe()
    children = []
    for _ in range(count):
        pid = os.fork()
        if not pid:
            os.close(go[1])
            child(size, ready[1], go[0], told[1])
        children.append(pid)
    os.close(go[0])
    for end in (ready[1], told[1]):
        os.close(end)
    waiting = count
    while waiting and os.read(ready[0], 1):
        waiting -= 1
    os.close(go[1])  # now, all of them
    answers = os.fdopen(told[0]).read().split()
    for pid in children:
        os.waitpid(pid, 0)
    os.close(ready[0])
    return sum(map(int, answers)) if len(answers) == count else None

cores = len(os.sched_getaffinity(0))
counts = sorted({n for n in (1, 2, 4, 8, 16, 32, 64) if n < cores} | {cores})
print(json.dumps({"reads": {n: reads(n) for n in counts}}))
"""


def measured(output: bytes) -> dict[int, float]:
    """What the script printed: processes that read at the same time, and bytes/s of all together.

    Raises ValueError where that is no answer.
    """
    line = output.strip().rsplit(b"\n", 1)[-1]
    said = json_text.read(line)
    reads = said.get("reads") if isinstance(said, dict) else None
    if not isinstance(reads, dict) or not reads:
        raise ValueError(f"this is no answer: {line[:80]!r}")
    found = {}
    for count, rate in reads.items():
        if rate is None:
            continue  # no memory for so many
        if not count.isdecimal() or not isinstance(rate, int | float) or not 0 < rate < _MOST:
            raise ValueError(f"no rate is {rate!r:.40}")
        found[int(count)] = float(rate)
    if not found:
        raise ValueError("no process could read anything")
    return found
