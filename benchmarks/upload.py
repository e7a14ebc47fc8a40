"""Bringing a blob to a board, beside scp: over the loopback interface to a real sshd, with the real board program.

    python -m benchmarks.upload --megabytes 600 --runs 5 --json upload.json

Ours also checks the blob's SHA-256 and has it on the disk before it says so; scp does neither. Both are timed whole,
from the first packet of the connection to the last answer ("all"), and without what comes before the first byte of the
blob ("blob"): for scp that is what `ssh HOST true` takes, for us the connection and the start of the board program,
which a deploy pays once for all its blobs. They take turns, so that whatever else the machine does falls on both: what
counts is the median of the ratios of neighbours. Processor time (client, sshd and what it started on the other side)
hardly depends on others. Then the connection is cut a few times in the middle of one upload.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import report
from edge.errors import BoardUnreachable, DeployError

if TYPE_CHECKING:  # both need an extra: --help does without
    from tests.integration.sshd import Sshd


class Bench:
    """``folder`` holds the blob and both sides' files."""

    def __init__(self, folder: Path, server: Sshd, size: int) -> None:
        self.server = server
        self.size = size
        self.blob = folder / "blob"
        self.copy = folder / "copy"
        self.root = folder / "root"
        self.blob_s = 0.0
        digest = hashlib.sha256()
        with self.blob.open("wb") as file:
            for at in range(0, size, 1 << 20):
                piece = os.urandom(min(1 << 20, size - at))
                digest.update(piece)
                file.write(piece)
        self.digest = digest.hexdigest()

    def scp(self) -> None:
        """What we are compared with."""
        target = f"{self.server.user}@127.0.0.1:{self.copy}"
        subprocess.run([*self.server.command("-q", str(self.blob), program="scp"), target], check=True)

    def hello(self) -> None:
        """scp's way to the first byte."""
        subprocess.run(self.server.command("true"), check=True)

    def ours(self, cut: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Bytes that were there before, bytes sent now. ``cut`` sees how many are there or on their way."""
        from provisioning.connection import open_board

        offsets: list[int] = []

        def progress(done: int, _: int) -> None:
            offsets.append(done)
            if cut is not None:
                cut(done)

        with open_board(self.server.target(prefix=str(self.root))) as board, board.session() as session:
            session.call("lock", who="benchmark", wait_s=60)
            start = time.perf_counter()
            try:
                session.send_blob(self.blob, self.digest, self.size, progress)
                self.blob_s = time.perf_counter() - start
            except BoardUnreachable:
                if cut is None:
                    raise
        return offsets[0], board.traffic[0]

    def clean(self) -> None:
        """As it was before, with nothing left to be written to the disk."""
        self.copy.unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        os.sync()

    def timed(self, way: Callable[[], object]) -> tuple[float, float]:
        """Seconds of wall time and of processors."""
        self.clean()
        busy, start = self._busy(), time.perf_counter()
        way()
        taken = time.perf_counter() - start
        while self.server.connections():
            time.sleep(0.01)
        return taken, self._busy() - busy

    def _busy(self) -> float:
        times = os.times()
        return sum(times[:4]) + self.server.processor_time()

    def cut(self, cuts: int) -> dict[str, object]:
        """One upload with its connection cut a few times."""
        self.clean()
        sent, start, tries = 0, time.perf_counter(), []
        places = sorted(random.Random(1).sample(range(self.size // 20, self.size), cuts))  # noqa: S311 - no secret

        def at(place: int) -> Callable[[int], None]:
            return lambda done: self.server.kill_connections() if done >= place else None

        for place in places:
            before, now = self.ours(at(place))
            tries.append({"began_at": before, "cut_at": place, "sent": now})
            sent += now
        before, now = self.ours()
        sent += now
        found = self.root / "opt/edge/blobs" / self.digest
        if hashlib.sha256(found.read_bytes()).hexdigest() != self.digest:
            raise SystemExit("the blob arrived damaged")
        return {
            "cuts": cuts, "seconds": round(time.perf_counter() - start, 2), "size": self.size, "sent_in_all": sent,
            "sent_again": round(sent / self.size - 1, 4), "tries": [*tries, {"began_at": before, "sent": now}],
        }  # fmt: skip


def main() -> int:
    """Measure, print a table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=report.count, default=600)
    parser.add_argument("--runs", type=report.count, default=5)
    parser.add_argument("--cuts", type=report.whole(0), default=4)
    parser.add_argument("--folder", type=Path, help="where the files of both sides lie (default: the system's /tmp)")
    report.add_options(parser)
    args = parser.parse_args()
    try:
        from tests.integration.sshd import sshd
    except DeployError as error:
        report.stop(str(error))
    size, rows = args.megabytes * 1_000_000, []
    with tempfile.TemporaryDirectory(dir=args.folder) as name, sshd(Path(name)) as server:
        bench = Bench(Path(name), server, size)
        print("| run | scp MB/s | ours MB/s | ratio, all | ratio, blob | processor s of scp | of ours |")
        print("|---|---|---|---|---|---|---|")
        for run in range(args.runs):
            # Whoever is second meets another machine; neither is always second.
            ways = [bench.hello, bench.scp, bench.ours][:: 1 if run % 2 == 0 else -1]
            taken = {way.__name__: bench.timed(way) for way in ways}
            (scp, scp_busy), (ours, ours_busy), (hello, _) = taken["scp"], taken["ours"], taken["hello"]
            rows.append({
                "scp_mb_s": round(size / 1e6 / scp, 1), "ours_mb_s": round(size / 1e6 / ours, 1),
                "ratio_all": round(scp / ours, 3), "ratio_blob": round((scp - hello) / bench.blob_s, 3),
                "scp_cpu_s": round(scp_busy, 2), "ours_cpu_s": round(ours_busy, 2),
            })  # fmt: skip
            print(f"| {run + 1} | " + " | ".join(f"{value:g}" for value in rows[-1].values()) + " |", flush=True)
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        print("| median | " + " | ".join(f"{value:g}" for value in median.values()) + " |")
        cut = bench.cut(args.cuts)
        print(f"\ncut {cut['cuts']} times: {cut['sent_in_all']:,} bytes went over the network for {size:,} of the blob")
    report.save(args, {"rows": rows, "median": median, "cut": cut})
    rates = {side: [row[f"{side}_mb_s"] for row in rows] for side in ("scp", "ours")}
    report.bars(args, f"upload of {args.megabytes} MB", "MB/s", [f"run {i + 1}" for i in range(args.runs)], rates)
    return 0


if __name__ == "__main__":
    sys.exit(main())
