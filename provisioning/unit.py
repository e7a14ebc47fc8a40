"""The agent's systemd unit, for the systemd that the board has: text from settings, nothing else.

What each line keeps away is in systemd.exec(5); `systemd-analyze security edge-agent` on the board gives the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["AGENT", "RELEASE", "credential", "quote", "render"]

#: The service's name.
AGENT = "edge-agent"
#: Stands for the release's own folder, which the board fills in: the folder's name is made from this very text. Not
#: `current`: an agent that still runs would import the next release's modules.
RELEASE = "@RELEASE@"

# A step on a Cortex-A53 with a large model takes seconds, a hang takes for ever.
_WATCHDOG_S = 60
# An SD card reads some 40 MB/s; a model of gigabytes is touched once before the agent is ready.
_START_S = 300

# Directive, value, and the first systemd that knows it (0: every one we accept). Older ones would only warn, but a
# line that does nothing promises what is not kept.
_SANDBOX: tuple[tuple[str, str, int], ...] = (
    ("DynamicUser", "yes", 0),
    ("UMask", "0077", 0),
    ("NoNewPrivileges", "yes", 0),
    ("CapabilityBoundingSet", "", 0),
    ("AmbientCapabilities", "", 0),
    ("ProtectSystem", "strict", 0),
    ("ProtectHome", "yes", 0),
    ("PrivateTmp", "yes", 0),
    ("PrivateDevices", "yes", 0),
    ("PrivateUsers", "yes", 0),
    ("ProtectHostname", "yes", 0),
    ("ProtectClock", "yes", 0),
    ("ProtectKernelTunables", "yes", 0),
    ("ProtectKernelModules", "yes", 0),
    ("ProtectKernelLogs", "yes", 0),
    ("ProtectControlGroups", "yes", 0),
    ("ProtectProc", "invisible", 247),
    ("PrivateIPC", "yes", 248),
    ("RemoveIPC", "yes", 0),
    ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX", 0),
    ("RestrictNamespaces", "yes", 0),
    ("RestrictRealtime", "yes", 0),
    ("RestrictSUIDSGID", "yes", 0),
    ("LockPersonality", "yes", 0),
    ("MemoryDenyWriteExecute", "yes", 0),
    ("SystemCallArchitectures", "native", 0),
    ("SystemCallFilter", "@system-service", 0),
    ("SystemCallFilter", "~@privileged @resources", 0),
    ("SystemCallFilter", "sched_setaffinity", 0),  # of those, what keeps the engine on a board's big cores
    ("SystemCallErrorNumber", "EPERM", 0),
    ("DevicePolicy", "closed", 0),
    ("LimitCORE", "0", 0),
    ("LimitNOFILE", "1024", 0),
    ("TasksMax", "128", 0),
)


def credential(name: str) -> str:
    """Where the agent finds a secret. The specifier %d came only with systemd 250, the variable is always there."""
    return f"${{CREDENTIALS_DIRECTORY}}/{name}"


def quote(argument: str) -> str:
    """One argument of ExecStart=, taken literally but for :data:`RELEASE` and credentials (systemd.service(5))."""
    folder = "${CREDENTIALS_DIRECTORY}/"
    head, rest = (folder, argument[len(folder) :]) if argument.startswith(folder) else ("", argument)
    for plain, escaped in (("\\", "\\\\"), ("%", "%%"), ("$", "$$"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        rest = rest.replace(plain, escaped)
    return f'"{head}{rest}"'


def render(
    systemd: int,
    *,
    agent: Sequence[str],
    secrets: Mapping[str, object],
    memory_max: int,
    environment: Mapping[str, str],
    grants: Sequence[str] = (),
) -> str:
    """The unit's text.

    ``systemd``: the board's version. ``agent``: arguments after ``edge agent``. ``secrets``: names of files in the
    release's ``secrets`` folder. ``memory_max``: bytes, mapped weights included. ``grants``: further lines of the
    service, each a small hole in its sandbox (:mod:`.grants`); ``NAME=no`` takes one of its walls away.
    """
    command = " ".join(quote(part) for part in agent)
    lines = [
        "# Written by edge deploy; the next deploy replaces it.",
        "[Unit]",
        "Description=edge agent: answers prompts that come by MQTT",
        "Documentation=man:systemd.exec(5)",
        "Wants=network-online.target",
        # /opt may be on a disk of its own.
        f"RequiresMountsFor={RELEASE}",
        # A clock of 1970 makes every certificate invalid.
        "After=network-online.target time-sync.target",
        # A broker or a disk that comes back after a night must find us still trying.
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=notify",
        "NotifyAccess=main",
        f"ExecStart={RELEASE}/venv/bin/python -I -m edge agent {command}",
        "Restart=always",
        "RestartSec=3",
        f"WatchdogSec={_WATCHDOG_S}",
        f"TimeoutStartSec={_START_S}",
        "TimeoutStopSec=20",
        "KillMode=mixed",
        f"StateDirectory={AGENT}",
        "StateDirectoryMode=0700",
        *(f"LoadCredential={name}:{RELEASE}/secrets/{name}" for name in sorted(secrets)),
        *(f'Environment="{name}={value}"' for name, value in sorted(environment.items())),
        f"MemoryMax={memory_max}",
        # The board's own work goes first, and when memory ends we do.
        "OOMScoreAdjust=300",
        "Nice=5",
        *(f"{name}={value}" for name, value, since in _SANDBOX if systemd >= since and f"{name}=no" not in grants),
        *grants,
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
    ]
    return "\n".join(lines)
