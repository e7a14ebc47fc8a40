"""Settings of the network, in the words of who sets it up on the board: NetworkManager or systemd-networkd."""

from __future__ import annotations

import ipaddress
import uuid

from edge.errors import BoardUnfit

from .found import Address, Found, NetworkLink, Wanted, Wifi
from .steps import Call, Run, Step, Write

__all__ = ["arrived", "chosen_link", "network"]

# Before whatever the distribution or netplan has written for the same interface: the first file that matches wins.
_NETWORKD = "/etc/systemd/network/05-edge-{}.network"
_PROFILES = "/etc/NetworkManager/system-connections/edge-{}.nmconnection"
_SUPPLICANT = "/etc/wpa_supplicant/wpa_supplicant-{}.conf"
_OTHERS = {
    "dhcpcd": "dhcpcd (Raspberry Pi OS 11 and older)",
    "connman": "ConnMan",
    "wickedd": "wicked",
}
_UP_S = 60.0


def chosen_link(found: Found, wanted: Wanted) -> NetworkLink | None:
    """The interface that the board is to be reached at; None where any will do. Raises BoardUnfit."""
    asked = wanted.static or wanted.wifi is not None or wanted.interface is not None
    return _choose_link(found, wanted) if asked else None


def arrived(found: Found, wanted: Wanted, link: NetworkLink | None) -> list[Address]:
    """The addresses that are as wished, on an interface or any: what is there counts, and not what files promise."""
    there = found.reachable(None if link is None else link.name)
    if wanted.address is None:
        return there
    wish = ipaddress.ip_interface(wanted.address)
    return [address for address in there if ipaddress.ip_interface(address.address) == wish]


def _choose_link(found: Found, wanted: Wanted) -> NetworkLink:
    """The interface that shall have the network. Raises BoardUnfit."""
    fitting = [link for link in found.links if link.wifi == (wanted.wifi is not None)]
    if wanted.interface is not None:
        fitting = [link for link in fitting if link.name == wanted.interface]
    if fitting:
        return max(fitting, key=lambda link: link.carrier)
    there = ", ".join(f"{link.name}{' (Wi-Fi)' if link.wifi else ''}" for link in found.links) or "none"
    kind = "Wi-Fi" if wanted.wifi else "wired"
    what = f"no {kind} interface {wanted.interface or ''}".rstrip()
    hint = "" if wanted.wifi else "; give --wifi SSID" if any(link.wifi for link in found.links) else ""
    raise BoardUnfit(f"the board has {what}; it has: {there}{hint}")


def network(found: Found, wanted: Wanted) -> list[Step]:
    """What is to be done for an address. Nothing where there is one and nothing else is wished.

    Raises BoardUnfit, also for a board whose network is in other hands than those we know.
    """
    chosen = chosen_link(found, wanted)
    if chosen is None and found.reachable(None):
        return []
    link = chosen or _choose_link(found, wanted)
    manager = _manager(found, link)
    steps = _radio(found, wanted.wifi, link)
    if manager == "NetworkManager":
        steps += _network_manager(found, wanted, link)
    else:
        steps += _networkd(found, wanted, link)
    return steps


def _manager(found: Found, link: NetworkLink) -> str:
    if found.runs("NetworkManager"):
        return "NetworkManager"
    for unit, name in _OTHERS.items():
        if found.runs(unit):
            raise _other(name)
    if link.name in found.ifupdown:
        raise _other(f"ifupdown (/etc/network/interfaces has {link.name})")
    for manager in ("systemd-networkd", "NetworkManager"):
        if found.units.get(manager):
            return manager
    raise BoardUnfit("the board has neither NetworkManager nor systemd-networkd; set its network up by hand")


def _other(name: str) -> BoardUnfit:
    return BoardUnfit(
        f"the board's network is set up by {name}, and 'edge console' knows NetworkManager and systemd-networkd; give "
        "it an address by hand and repeat this, which then does the rest"
    )


def _radio(found: Found, wifi: Wifi | None, link: NetworkLink) -> list[Step]:
    """Radios are off until somebody has said where in the world they are; Raspberry Pi OS comes so."""
    if wifi is None or not found.wifi_blocked:
        return []
    if wifi.country is None:
        raise BoardUnfit(f"{link.name} is switched off until its country is known; give --wifi-country, like DE or US")
    if "raspi-config" in found.programs:  # it also keeps the country for the next boot
        argv = ("raspi-config", "nonint", "do_wifi_country", wifi.country)
        return [Run(f"set the Wi-Fi country {wifi.country}", argv)]
    steps: list[Step] = []
    if "iw" in found.programs:
        steps.append(Run(f"set the Wi-Fi country {wifi.country}", ("iw", "reg", "set", wifi.country)))
    return [*steps, Call("switch the radio on", "unblock_wifi")]


def _networkd(found: Found, wanted: Wanted, link: NetworkLink) -> list[Step]:
    lines = ["[Match]", f"Name={link.name}", "", "[Network]"]
    if wanted.static:
        lines += [f"Address={wanted.address}"]
        lines += [f"Gateway={wanted.gateway}"] if wanted.gateway else []
        lines += [f"DNS={server}" for server in wanted.dns]
    else:
        lines += ["DHCP=yes"]
    path = _NETWORKD.format(link.name)
    steps: list[Step] = []
    if found.files.get(path) != (text := _text(lines)):
        steps.append(Write(f"have systemd-networkd set up {link.name}: {_what(wanted)}", path, text))
    there = bool(arrived(found, wanted, link))
    if wanted.wifi is not None:
        steps += _supplicant(found, wanted.wifi, link, there=there)
    if not found.runs("systemd-networkd"):
        argv = ("systemctl", "enable", "--now", "systemd-networkd.service")
        steps.append(Run("start systemd-networkd, now and at boot", argv))
    elif steps or not there:  # an earlier run may have come no further than the file
        steps.append(Run("have systemd-networkd read it", ("networkctl", "reload")))
        steps.append(Run(f"set {link.name} up", ("networkctl", "reconfigure", link.name)))
    return steps


def _supplicant(found: Found, wifi: Wifi, link: NetworkLink, *, there: bool) -> list[Step]:
    if "wpa_supplicant" not in found.programs:
        raise BoardUnfit("Wi-Fi with systemd-networkd takes wpa_supplicant, which the board lacks; use a cable first")
    lines = ["ctrl_interface=DIR=/run/wpa_supplicant GROUP=netdev", "update_config=1"]
    lines += [f"country={wifi.country}"] if wifi.country else []
    secret = f"psk={wifi.key}" if wifi.key else "key_mgmt=NONE"
    # A name in hexadecimal needs no quotes, whatever is in it.
    lines += ["network={", f"  ssid={wifi.ssid.encode().hex()}", f"  {secret}", "}"]
    path = _SUPPLICANT.format(link.name)
    steps: list[Step] = []
    if found.files.get(path) != (text := _text(lines)):
        steps.append(Write(f"have {link.name} join {wifi.ssid!r}", path, text, 0o600))
    elif there and found.runs(f"wpa_supplicant@{link.name}"):
        return []
    unit = f"wpa_supplicant@{link.name}.service"
    return [
        *steps,
        Run("have wpa_supplicant start at boot", ("systemctl", "enable", unit)),
        Run("start wpa_supplicant", ("systemctl", "restart", unit)),
    ]


def _network_manager(found: Found, wanted: Wanted, link: NetworkLink) -> list[Step]:
    name = f"edge-{link.name}"
    kind = "wifi" if wanted.wifi else "ethernet"
    lines = [
        "[connection]",
        f"id={name}",
        # The same for the same interface: NetworkManager knows profiles by it.
        f"uuid={uuid.uuid5(uuid.NAMESPACE_DNS, f'{name}.bitnet-edge')}",
        f"type={kind}",
        f"interface-name={link.name}",
        "autoconnect-priority=10",
    ]
    if (wifi := wanted.wifi) is not None:
        ssid = "".join(f"{byte};" for byte in wifi.ssid.encode())
        lines += ["", "[wifi]", f"ssid={ssid}", "mode=infrastructure"]
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={wifi.key}"] if wifi.key else []
    lines += ["", *_addresses(wanted)]
    path = _PROFILES.format(link.name)
    steps: list[Step] = []
    if not found.runs("NetworkManager"):
        argv = ("systemctl", "enable", "--now", "NetworkManager.service")
        steps.append(Run("start NetworkManager, now and at boot", argv))
    changed = found.files.get(path) != (text := _text(lines))
    if changed:
        # Profiles that others may read are not taken.
        steps.append(Write(f"have NetworkManager set up {link.name}: {_what(wanted)}", path, text, 0o600))
    if changed or not arrived(found, wanted, link):
        # Also for a file of an earlier run that came no further.
        steps.append(Run("have NetworkManager read it", ("nmcli", "connection", "reload")))
        up = ("nmcli", "--wait", f"{_UP_S:.0f}", "connection", "up", name)
        steps.append(Run(f"set {link.name} up", up, _UP_S + 30))
    return steps


def _addresses(wanted: Wanted) -> list[str]:
    """The two sections about addresses of a profile."""
    if wanted.address is None:
        return ["[ipv4]", "method=auto", "", "[ipv6]", "method=auto"]
    version = ipaddress.ip_interface(wanted.address).version
    found: list[str] = []
    for section, of in (("ipv4", 4), ("ipv6", 6)):
        servers = "".join(f"{server};" for server in wanted.dns if ipaddress.ip_address(server).version == of)
        gateway = f",{wanted.gateway}" if wanted.gateway else ""
        method = [f"address1={wanted.address}{gateway}", "method=manual"] if of == version else ["method=auto"]
        found += ["", f"[{section}]", *method, *([f"dns={servers}"] if servers else [])]
    return found[1:]


def _what(wanted: Wanted) -> str:
    way = f"address {wanted.address}" if wanted.static else "an address from the network (DHCP)"
    return f"Wi-Fi {wanted.wifi.ssid!r}, {way}" if wanted.wifi else way


def _text(lines: list[str]) -> str:
    return "\n".join(["# Written by edge console.", *lines]) + "\n"
