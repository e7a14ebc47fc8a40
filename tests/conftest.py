"""For all tests: what may be skipped where."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

#: How a skip's reason begins that no installation can change: this machine's processor cannot run the test.
PROCESSOR = "processor: "

# A shell that runs us in the background ignores Ctrl-C for all below, and tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true, fail what is skipped because something is missing that could be installed.

    Elsewhere it stays a skip; pytest lists all of them, with their reasons, at the very end (-ra).
    """
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(PROCESSOR):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, which CI=true does not allow: {reason}"
    return report
