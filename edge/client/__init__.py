"""The asker's end: ask a device, or any device of a pool, over MQTT.

Who only asks needs no engine: this package imports :mod:`edge.messaging` and nothing heavier.
"""

from .aio import AsyncClient
from .client import Client
from .fleet import Device
from .question import Reply

__all__ = ["AsyncClient", "Client", "Device", "Reply"]
