"""Natively ternary training of the built-in model `home`; only here is torch imported (`bitnet-edge[training]`)."""

from __future__ import annotations

import os

# Read when torch starts its threads: threads that wait asleep instead of spinning keep a run
# usable on a machine that does other work too (measured 2.4 times faster beside one busy program).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
