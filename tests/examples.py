"""How Hypothesis shall look for examples: how long one takes tells what else the machine does, and nothing about us."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

__all__ = ["patient"]

#: A decorator for tests with ``@given``; ``settings(patient, max_examples=…)`` changes the rest.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
