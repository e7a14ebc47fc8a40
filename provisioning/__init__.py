"""Bringing the software to boards: facts, a plan, its execution, for one or a fleet. Never imports the engine."""
