"""Brokers to run ourselves: mosquitto with certificates and access rules for a small fleet, or one inside Python."""
