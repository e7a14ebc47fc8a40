"""How the verbs that ask over MQTT reach the broker."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from edge.client import Client

    from .parser import Parser

__all__ = ["add_connection", "connect"]

_HERE = "mqtt://localhost"


def add_connection(parser: Parser) -> None:
    """Add the options that say which broker, and who we are there."""
    parser.add_argument(
        "--broker", metavar="URL", help="mqtt[s]://[user@]host[:port] (default: $EDGE_BROKER, else this machine)"
    )
    parser.add_argument("--ca", metavar="FILE", type=Path, help="authorities to trust instead of the system's")
    parser.add_argument("--cert", metavar="FILE", type=Path, help="our certificate, for brokers that want one")
    parser.add_argument("--key", metavar="FILE", type=Path, help="and its key")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="the password, in a file only we can read")
    parser.add_argument(
        "--name", metavar="NAME", help="who asks, in reply topics (default: the user's or certificate's name)"
    )


def connect(args: argparse.Namespace) -> Client:
    """A client by these options."""
    from edge.client import Client

    return Client(
        args.broker or os.environ.get("EDGE_BROKER") or _HERE,
        ca=args.ca,
        cert=args.cert,
        key=args.key,
        password_file=args.password_file,
        name=args.name,
    )
