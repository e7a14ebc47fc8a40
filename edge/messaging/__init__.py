"""What travels between askers and devices: topics and messages (pure), and the transports that carry them."""
