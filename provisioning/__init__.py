"""Bringing the software to boards: wheels for them first. Never imports the engine: an operator loads no model."""
