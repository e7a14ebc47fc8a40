"""Makes a running agent's token loop hang, or its memory run out, when a test wants it.

Put `HOOK` where the agent's Python finds it: as `sitecustomize.py` on its PYTHONPATH, or, where that is ignored
(`python -I`), as a module in the virtual environment's site-packages beside a `.pth` file that says `import NAME`.
Then the file `hang` in the agent's state folder hangs the loop once, for good, at its next step.
"""

from __future__ import annotations

__all__ = ["HOOK"]

HOOK = """
import os
import time

from edge.agent.agent import Agent
from edge.agent.worker import Worker

step, job = Worker._one_step, Agent._job


def one_step(self):
    trigger = os.path.join(os.environ.get("STATE_DIRECTORY", ""), "hang")
    if os.path.exists(trigger):
        os.unlink(trigger)
        while True:
            time.sleep(60)  # other threads go on
    step(self)


def greedy_job(self, held, request, left):
    if request.prompt == "take a gigabyte":
        bytearray(1 << 30)
    return job(self, held, request, left)


Worker._one_step, Agent._job = one_step, greedy_job
"""
