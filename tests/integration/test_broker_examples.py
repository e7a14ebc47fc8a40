"""The examples: exactly what they send, over a real broker, to an agent with the built-in model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2.sandbox import SandboxedEnvironment

from tests.integration.mosquitto import Mosquitto
from tests.integration.nodejs import NoNodeError, node_client

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
SENTENCE, INTENT = "turn off the kitchen lights", "HassTurnOff"


@pytest.fixture
def kitchen(broker: Mosquitto, tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with an agent called ``kitchen``, which has the built-in model and shows itself in Home Assistant."""
    command = [sys.executable, "-m", "edge", "agent", "--broker", broker.url, "--name", "kitchen", "--home-assistant"]
    agent = subprocess.Popen([*command, "--threads", "1", "--state", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    assert agent.stderr
    for line in agent.stderr:
        if "connected" in line:
            break
    yield broker
    agent.send_signal(signal.SIGTERM)
    assert "Traceback" not in agent.communicate(timeout=30)[1]


def exchange(broker: Mosquitto, programs: dict[str, str], listen: str, topic: str, payload: str) -> tuple[str, str]:
    """Publish as MQTT 3.1.1 does; the topic and payload of the first message that comes on ``listen``."""
    about = ["-V", "mqttv311", "-p", str(broker.port)]
    # What has come is kept for the listener: it may subscribe after the answer was published.
    session = [*about, "-i", "listener", "-c", "-q", "1", "-t", listen]
    subprocess.run([programs["mosquitto_sub"], *session, "-E"], check=True, timeout=30)
    subprocess.run([programs["mosquitto_pub"], *about, "-t", topic, "-m", payload], check=True, timeout=30)
    listening = [programs["mosquitto_sub"], *session, "-C", "1", "-W", "30", "-F", "%t %p"]
    heard = subprocess.run(listening, check=True, timeout=60, capture_output=True, text=True).stdout
    found, _, text = heard.rstrip("\n").partition(" ")
    return found, text


class HomeAssistant:
    """Renders templates as Home Assistant does, and follows actions as far as these examples use them."""

    def __init__(self, areas: dict[str, list[str]]) -> None:
        self._jinja = SandboxedEnvironment()
        self._jinja.filters["to_json"] = json.dumps
        self._jinja.filters["from_json"] = json.loads
        self._jinja.filters["slugify"] = lambda text: re.sub(r"\W+", "_", text.lower())
        self._jinja.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
        self._jinja.globals["area_entities"] = lambda area: areas.get(area, [])
        self.called: list[tuple[str, dict[str, Any]]] = []

    def render(self, value: Any, names: dict[str, Any]) -> Any:
        """A template's text, or what it stands for where that is a list, an object or a truth."""
        if isinstance(value, dict):
            return {k: self.render(v, names) for k, v in value.items()}
        if not isinstance(value, str) or "{" not in value:
            return value
        text = self._jinja.from_string(value).render(**names)
        if re.fullmatch(r"\[.*\]|\{.*\}|True|False|\d+", text, re.DOTALL):
            return yaml.safe_load(text)
        return text

    def run(self, actions: list[dict[str, Any]], names: dict[str, Any]) -> bool:
        """Whether it came to the end."""
        for step in actions:
            if "action" in step:
                data = {**step.get("data", {}), **step.get("target", {})}
                self.called.append((step["action"], self.render(data, names)))
            elif "variables" in step:
                for name, template in step["variables"].items():
                    names[name] = self.render(template, names)
            elif "if" in step:
                if self.render(step["if"][0]["value_template"], names) and not self.run(step["then"], names):
                    return False
            elif "choose" in step:
                chosen = [c["sequence"] for c in step["choose"] if self.render(c["conditions"], names)]
                self.run((chosen or [step["default"]])[0], names)
            elif "stop" in step:
                return False
        return True


def test_home_assistant_does_what_was_said(kitchen: Mosquitto, mosquitto_clients: dict[str, str]) -> None:
    package = yaml.safe_load((EXAMPLES / "home-assistant/edge.yaml").read_text(encoding="utf-8"))
    home = HomeAssistant({"kitchen": ["light.ceiling", "light.table", "switch.kettle"]})
    # The script: a sentence with everything that could break JSON in it, and then the one that is understood.
    names = {"context": {"id": "01JABCDEFGHJKMNPQRSTVWXYZ0"}, "sentence": 'say "☕"\n\\ {{ 1 }}'}
    home.run(package["script"]["edge_ask"]["sequence"], names)
    assert home.called[0][1]["payload"]["prompt"] == names["sentence"]
    home.called.clear()
    home.run(package["script"]["edge_ask"]["sequence"], names | {"sentence": SENTENCE})
    ((action, sent),) = home.called
    assert action == "mqtt.publish"
    (automation,) = package["automation"]
    listen = automation["triggers"][0]["topic"]
    topic, answer = exchange(kitchen, mosquitto_clients, listen, sent["topic"], json.dumps(sent["payload"]))
    assert topic == "edge/v1/reply/home-assistant/kitchen"
    said = json.loads(answer)
    assert said["id"] == "ha-01JABCDEFGHJKMNPQRSTVWXYZ0"
    # The automation: what came is done, errors and news are shown.
    home.called.clear()
    assert home.run(automation["actions"], {"trigger": {"payload_json": said}})
    assert home.called == [("homeassistant.turn_off", {"entity_id": ["light.ceiling", "light.table"]})]
    home.called.clear()
    dimmed = {"text": '{"intent": "HassLightSet", "slots": {"name": "hall lamp", "brightness": 30}}'}
    home.run(automation["actions"], {"trigger": {"payload_json": dimmed}})
    assert home.called == [("light.turn_on", {"brightness_pct": 30, "entity_id": ["light.hall_lamp"]})]
    home.called.clear()
    assert not home.run(automation["actions"], {"trigger": {"payload_json": {"error": {"message": "full"}}}})
    home.run(automation["actions"], {"trigger": {"payload_json": {"text": '{"intent": "New", "slots": {}}'}}})
    assert [action for action, _ in home.called] == ["persistent_notification.create"] * 2


def test_home_assistant_finds_every_sensor(kitchen: Mosquitto, mosquitto_clients: dict[str, str]) -> None:
    """The page is there, retained; all its templates find something in what the agent sends; a birth repeats it."""
    sub = [mosquitto_clients["mosquitto_sub"], "-p", str(kitchen.port), "-W", "20", "-F", "%p"]
    page = "homeassistant/device/edge-kitchen/config"

    def retained(topic: str) -> Any:
        done = subprocess.run([*sub, "-C", "1", "-t", topic], check=True, capture_output=True, timeout=60)
        return json.loads(done.stdout)

    config = retained(page)
    jinja = SandboxedEnvironment()

    def render(template: str, topic: str) -> str:
        return jinja.from_string(template).render(value_json=retained(topic))

    assert render(config["availability_template"], config["availability_topic"]) == "online"
    values = {name: render(c["value_template"], c["state_topic"]) for name, c in config["components"].items()}
    assert values.pop("state") == "ready"
    assert len(values) >= 8
    for name, value in values.items():
        assert re.fullmatch(r"\d+(\.\d+)?", value), name
    # Not retained this time: the second message is the answer to the birth.
    waiting = subprocess.Popen([*sub, "-C", "2", "-t", page], stdout=subprocess.PIPE)
    assert waiting.stdout
    first = waiting.stdout.readline()
    birth = [mosquitto_clients["mosquitto_pub"], "-p", str(kitchen.port), "-q", "1", "-t", "homeassistant/status"]
    subprocess.run([*birth, "-m", "offline"], check=True, timeout=30)
    subprocess.run([*birth, "-m", "online"], check=True, timeout=30)
    assert waiting.stdout.readline() == first
    waiting.stdout.close()
    assert waiting.wait(30) == 0


def test_home_assistant_forgets(kitchen: Mosquitto, mosquitto_clients: dict[str, str], tmp_path: Path) -> None:
    """Another agent of the same name, told to disappear from there, takes the page away."""
    command = [sys.executable, "-m", "edge", "agent", "--broker", kitchen.url, "--name", "kitchen", "--threads", "1"]
    sub = [mosquitto_clients["mosquitto_sub"], "-p", str(kitchen.port), "-W", "20", "-F", "[%p]"]
    waiting = subprocess.Popen(
        [*sub, "-C", "2", "-t", "homeassistant/device/edge-kitchen/config"], stdout=subprocess.PIPE
    )
    assert waiting.stdout
    assert waiting.stdout.readline().startswith(b"[{")
    last = subprocess.Popen(
        [*command, "--no-home-assistant", "--state", str(tmp_path / "b")], stderr=subprocess.DEVNULL
    )
    try:
        assert waiting.stdout.readline() == b"[]\n"
    finally:
        last.send_signal(signal.SIGTERM)
        last.wait(30)
        waiting.stdout.close()
        waiting.wait(30)


def test_tasmota_rules(kitchen: Mosquitto, mosquitto_clients: dict[str, str]) -> None:
    rules = (EXAMPLES / "tasmota/rules.txt").read_text(encoding="utf-8").replace("%topic%", "hall-button")
    published = re.search(r"DO Publish (\S+) (\{.*?\}) ENDON", rules)
    subscribed = re.search(r"Subscribe Said, (\S+), (\w+)", rules)
    assert published
    assert subscribed
    topic, answer = exchange(kitchen, mosquitto_clients, subscribed[1], published[1], published[2])
    assert topic == "edge/v1/reply/hall-button/kitchen"
    event = json.loads(answer)[subscribed[2]]
    # Tasmota's "$|" means: contains.
    done = [do for part, do in re.findall(r"ON Event#Said\$\|(\S+) DO (.*?) ENDON", rules) if part in event]
    assert done == ["Power1 0"]
    for line in rules.splitlines():  # what Tasmota's console takes
        assert len(line) < 512


def node(broker: Mosquitto, version: int, *arguments: str, sentences: list[str]) -> list[dict[str, Any]]:
    try:
        command, env = node_client()
    except NoNodeError as error:
        pytest.skip(str(error))
    done = subprocess.run(
        [*command, broker.url, str(version), *arguments],
        input=json.dumps(sentences), env=os.environ | env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("version", [4, 5])
def test_node_red_flow(kitchen: Mosquitto, version: int) -> None:
    """The flow's own functions, run by Node; topics and QoS from its nodes."""
    path = EXAMPLES / "node-red/flow.json"
    nodes = {n["id"]: n for n in json.loads(path.read_text(encoding="utf-8"))}
    sentences = [nodes["edge-say"]["payload"], "x" * 2000]
    topics = (nodes["edge-in"]["topic"], nodes["edge-out"]["topic"])
    assert sentences[0] == SENTENCE
    answers = node(kitchen, version, *topics, str(path), sentences=sentences)
    assert {a["from"] for a in answers} == {"edge/v1/reply/node-red/kitchen"}
    understood, failed = sorted((a["understood"] for a in answers), key=lambda outputs: outputs[0] is None)
    assert understood[0]["payload"] == {"intent": INTENT, "slots": {"area": "kitchen", "domain": "light"}}
    assert failed[1]["payload"]["code"] == "prompt_too_long"
    wired = {target for n in nodes.values() for wires in n.get("wires", []) for target in wires}
    assert wired <= nodes.keys()


def test_node_s_mqtt_package_with_response_topics(kitchen: Mosquitto) -> None:
    """MQTT 5 as others speak it: plain text in, response topic and correlation data back."""
    sentences = [SENTENCE, "turn on the bedroom lights", "ünïcödé ☕"]
    heard = node(kitchen, 5, "edge/v1/reply/node/kitchen", "edge/v1/kitchen/prompt", sentences=sentences)
    assert sorted(h["correlation"] for h in heard) == ["0", "1", "2"]
    first = next(h["answer"] for h in heard if h["correlation"] == "0")
    assert json.loads(first["text"])["intent"] == INTENT
