"""From a login prompt on a serial console to a board that ssh reaches."""
