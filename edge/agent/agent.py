"""An agent: one model, a broker or a cable or both, and the desk between where requests become promises.

Three kinds of threads: the links' (network, port), the worker's (model), and this one, which takes in, keeps, and
sends. Only a request that is on the disk is acknowledged, to the broker and to the asker.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from devices.telemetry import Telemetry
from edge.errors import EdgeError, EngineError, PromptError, PromptTooLong, SamplingError, TokenizerError
from edge.inference import Model
from edge.messaging.discovery import BIRTH, config_topic, device_config, is_birth
from edge.messaging.events import Connected, Disconnected, Event, Listening, Message, Published, Transport
from edge.messaging.messages import ProtocolError, Request, encode, error, parse_cancel, parse_request
from edge.messaging.topics import DeviceTopics, TopicError, asker, reply_topic

from .health import Health, energy_of
from .limits import Rate
from .notify import Notifier
from .post import Post, address_of
from .settings import Settings
from .store import Held, Store, StoreError
from .worker import Ended, Job, Worker, Wrote

__all__ = ["Agent"]

_LOG = logging.getLogger("edge.agent")
_TICK_S = 0.5
_NO_MEMORY_MS = 10_000
_RUNS = 5  # that a request gets, and one more; a device must not restart for ever over one that kills it


class Agent:
    """Answers prompts that arrive by ``links``, with ``model``, and keeps its promises in ``store``.

    ``links``: not started yet; of those without an address of their own (a broker's) there is one at most.
    ``telemetry``: knows how the board is; nothing is known without it.
    """

    def __init__(
        self,
        settings: Settings,
        model: Model,
        store: Store,
        links: Sequence[Transport],
        boot: str,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.settings = settings
        self._model = model
        self._store = store
        self._topics = DeviceTopics(settings.name)
        self._inbox: queue.SimpleQueue[Event | Wrote | Ended | None] = queue.SimpleQueue()
        for link in links:
            link.events = self._inbox  # type: ignore[assignment]
        self._post = Post(links, store)
        self._links = links
        self._notifier = Notifier()
        telemetry = telemetry or Telemetry()  # not started
        alive, every_s = self._notifier.alive, self._notifier.every_s
        self._worker = Worker(model, self._inbox.put, self._begin, alive, settings.together, telemetry, every_s)
        self._rate = Rate(settings.rate)
        self._health = Health(settings.name, boot, model, self._worker, settings.limits, settings.pools, telemetry)
        self._held: dict[str, Held] = {}  # accepted and not yet answered
        self._stopping = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            Connected: self._connected,
            Disconnected: self._disconnected,
            Message: self._message,
            Listening: self._listening,
            Published: lambda event: self._post.outbox(event).published(event),
            Wrote: self._wrote,
            Ended: self._ended,
        }

    def stop(self) -> None:
        """End :meth:`run`; can be called from a signal handler."""
        self._stopping = True
        self._inbox.put(None)

    def run(self) -> None:
        """Work until :meth:`stop`. What is not finished by then stays in the store for the next start."""
        self._resume()
        self._worker.start()
        for link in self._links:
            link.start()
        self._notifier.ready()
        self._notifier.status(f"{self.settings.name}: connecting")
        tidy = health = 0.0
        while not self._stopping:
            if not self._worker.running:  # nobody would ever answer: better to end, and be started again
                raise RuntimeError("the work loop ended; why is on standard error")
            try:
                event = self._inbox.get(timeout=_TICK_S)
            except queue.Empty:
                event = None
            if event is not None:
                self._handle(event)
            now = time.monotonic()
            every = self.settings.health_s  # and after a change sooner, a twentieth of that apart
            if now >= health or (self._health.changed and now >= health - every + every / 20):
                health = now + every
                self._post.report(self._topics.health, self._health.report(len(self._held)))
                if self._health.new_figures:
                    self._post.report(self._topics.info, self._health.info())
                    self._appear()
            if now >= tidy:
                tidy = now + 60
                self._tidy()
        self._finish()

    def _handle(self, event: Event | Wrote | Ended) -> None:
        try:
            self._handlers[type(event)](event)
        except StoreError:
            # The disk may have room again in a moment; what could not be written is still in memory and owed.
            _LOG.exception("the store failed")
        except Exception:
            if not isinstance(event, Message):
                raise
            # A defect of ours. Unacknowledged, the message would come again and bring it out at every start.
            _LOG.exception("a message to %s could not be handled", event.topic)
            _ack(event)

    def _tidy(self) -> None:
        try:
            self._store.prune(time.time() - self.settings.keep_s, self.settings.keep)
        except StoreError as failure:  # a full disk cannot even forget; a minute later it may
            _LOG.warning("%s", failure)

    def _begin(self, job: Job) -> int:
        """In the worker's thread: note that a run begins. A disk that is full now need not be when it ends."""
        try:
            return self._store.begin(job.key)
        except StoreError as failure:
            _LOG.warning("%s", failure)
            return 0

    def _finish(self) -> None:
        self._notifier.stopping()
        drain = threading.Thread(target=self._worker.stop, args=(self.settings.drain_s,))
        drain.start()
        self._handle_while(lambda: drain.is_alive() or not self._inbox.empty())
        self._post.report(self._topics.status, self._health.status("disconnected"))
        end = time.monotonic() + 2
        self._handle_while(lambda: time.monotonic() < end and not self._post.idle)
        for link in self._links:
            link.stop()

    def _handle_while(self, condition: Callable[[], bool]) -> None:
        """Go on with everything but new messages: unacknowledged, the broker keeps them."""
        while condition():
            try:
                event = self._inbox.get(timeout=0.05)
            except queue.Empty:
                continue
            if event is not None and not isinstance(event, Message):
                self._handle(event)

    def _resume(self) -> None:
        """Take up what an earlier run of this agent accepted and did not finish."""
        self._store.give_up(self._post.addresses)
        for held in self._store.owed():
            left = None
            if held.deadline is not None:  # never more than it had: the clock may have been put back
                left = held.deadline - max(time.time(), held.accepted)
            # Its payload was small enough; what JSON makes of its quotes and line ends need not be.
            limits = replace(self.settings.limits, payload_bytes=sys.maxsize)
            try:
                if held.restarts >= _RUNS:
                    raise EngineError(f"its run was cut off {held.restarts + 1} times: it may be what brings us down")
                job = self._job(held, parse_request(encode(held.request), limits), left)
            except EdgeError as failure:  # another model, other limits: the asker is told
                self._store.finish(held.key, encode(error("internal", str(failure), held.id)), time.time())
                continue
            self._held[held.key] = held
            self._worker.add(job)

    def _connected(self, event: Connected) -> None:
        outbox = self._post.outbox(event)
        outbox.connected(event.window)
        for topic, message in (
            (self._topics.status, self._health.status("ready")),
            (self._topics.health, self._health.report(len(self._held))),
            (self._topics.info, self._health.info()),
        ):
            outbox.send(topic, encode(message), retain=True)
        if address_of(event) is None:
            self._appear()
            self._notifier.status(f"{self.settings.name}: answering")
        _LOG.info("%r: connected; %d answers owed", event.link, len(self._held))

    def _appear(self) -> None:
        """Show this device in Home Assistant, or take its page away from there."""
        wanted = self.settings.home_assistant
        if wanted is not None:
            page = encode(device_config(self._health.info(), self.settings.health_s)) if wanted else b""
            self._post.send(config_topic(self.settings.name), page, retain=True)

    def _disconnected(self, event: Disconnected) -> None:
        self._post.outbox(event).disconnected()
        if address_of(event) is None:
            self._notifier.status(f"{self.settings.name}: no broker ({event.reason})")
        elif not self._post.broker:
            self._notifier.status(f"{self.settings.name}: {event.reason}")

    def _listening(self, _event: Listening) -> None:
        """A port is open, and more than that an agent without a broker cannot do to be reached."""
        if not self._post.broker:
            self._notifier.status(f"{self.settings.name}: answering")

    # --- what comes in ---

    def _message(self, message: Message) -> None:
        topic = message.topic
        if topic == self._topics.status:
            self._own_status(message.payload)
        elif topic == self._topics.cancel:
            self._cancel(message)
        elif topic.startswith(self._topics.command + "/"):
            self._command(message, topic[len(self._topics.command) + 1 :])
        elif topic == BIRTH:
            if is_birth(message.payload) and not message.retained:  # that one is old news at every connection
                self._appear()
        elif not message.retained:  # a retained prompt would be asked again at every connection
            self._prompt(message)
        _ack(message)

    def _own_status(self, payload: bytes) -> None:
        """A broker that notices late that an earlier connection died publishes that one's will over our status."""
        if self._health.is_late_will(payload):
            self._post.report(self._topics.status, self._health.status("ready"))

    def _prompt(self, message: Message) -> None:
        reply, request_id = address_of(message) or self._topics.answer, None
        try:
            asked = message.reply_to
            try:
                request = parse_request(message.payload, self.settings.limits, message.content_type)
                asked, request_id = request.reply_to or asked, request.id
            except ProtocolError as failure:
                asked, request_id = failure.reply_to or asked, failure.id
                raise
            finally:
                reply = self._reply(asked, message)
            self._accept(request, reply, message)
        except ProtocolError as failure:
            code, more = failure.code, failure.more
            self._post.send(reply, encode(error(code, str(failure), request_id, **more)), message.correlation)
        except MemoryError:
            _LOG.error("no memory left for a request")
            said = error("busy", "this device has no memory left for it", request_id, retry_after_ms=_NO_MEMORY_MS)
            self._post.send(reply, encode(said), message.correlation)
        except StoreError as failure:
            _LOG.error("%s", failure)
            said = error("storage", "this device cannot store requests at the moment", request_id)
            self._post.send(reply, encode(said), message.correlation)

    def _reply(self, asked: str | None, message: Message) -> str:
        if address := address_of(message):  # by the way it came, whatever it says
            return address
        try:
            return reply_topic(asked, self.settings.name, self.settings.reply_prefixes)
        except TopicError as failure:
            raise ProtocolError("forbidden_reply", str(failure)) from failure

    def _accept(self, request: Request, reply: str, message: Message) -> None:
        request_id = request.id or uuid.uuid4().hex
        key = hashlib.sha256(f"{reply}\n{request_id}".encode()).hexdigest()
        fields = request.to_json()
        # Who asks again has less time left than at first; that makes it no other question.
        asks = {name: value for name, value in fields.items() if name != "deadline_ms"}
        digest = hashlib.sha256(json.dumps(asks, sort_keys=True).encode()).hexdigest()
        known = self._store.find(key)
        if known:
            self._again(*known, digest, request, message.correlation)
            return
        if wait := self._rate.wait(asker(reply)):
            raise ProtocolError("rate_limited", "too many requests", retry_after_ms=int(1000 * wait) + 1)
        if self._worker.queued >= self.settings.queue:
            wait_ms = int(1000 * self._worker.expected_wait()) + 1
            raise ProtocolError("busy", f"{self._worker.queued} requests wait already", retry_after_ms=wait_ms)
        limits = [
            s for s in (message.expiry_s, None if request.deadline_ms is None else request.deadline_ms / 1000) if s
        ]
        left = min(limits) if limits else None
        seed = request.sampling.get("seed", random.SystemRandom().getrandbits(53))
        now = time.time()
        held = Held(
            key, request_id, reply, message.correlation, fields | {"id": request_id}, seed, now,
            None if left is None else now + left, 0, None,
        )  # fmt: skip
        job = self._job(held, request, left)
        self._store.accept(held, digest)
        self._held[key] = held
        if self.settings.log_prompts:
            _LOG.info("%s: %r", request_id, request.prompt or request.messages)
        if request.events:
            self._event(held, "accepted", wait_ms=int(1000 * self._worker.expected_wait()))
        self._worker.add(job)
        self._health.changed = True

    def _again(
        self, held: Held, digest_of_first: str, digest: str, request: Request, correlation: bytes | None
    ) -> None:
        """The same request once more: answered already, or still on its way."""
        if digest != digest_of_first:
            raise ProtocolError("id_conflict", "this id was used for another request; choose a new one")
        if correlation != held.correlation:  # the asker waits for what it sent last
            held = replace(held, correlation=correlation)
            self._store.correlate(held.key, correlation)
            if held.key in self._held:
                self._held[held.key] = held
        if held.answer is not None:
            self._store.sent(held.key, done=False)
            self._post.deliver(held)
        elif request.events:
            self._event(held, "accepted", repeated=True)

    def _job(self, held: Held, request: Request, left: float | None) -> Job:
        """A job ready to run; raises :class:`ProtocolError` for what the model cannot answer."""
        sampling = dict(request.sampling) | {"seed": held.seed}
        sampling.setdefault("max_tokens", None)
        tokenizer = self._model.tokenizer
        try:
            if request.messages is not None:
                ids = tokenizer.encode_chat(request.messages)
            else:
                ids = tokenizer.encode(request.prompt or "", special=False)
            answer = self._model.prepare(ids, **self._bounded(sampling, len(ids)))
        except PromptTooLong as failure:
            raise ProtocolError("prompt_too_long", str(failure)) from failure
        except (PromptError, SamplingError, TokenizerError) as failure:
            raise ProtocolError("bad_request", str(failure)) from failure
        now = time.monotonic()
        return Job(held.key, answer, request.stream, request.events, None if left is None else now + left, now)

    def _bounded(self, sampling: dict[str, Any], prompt: int) -> dict[str, Any]:
        """An answer without max_tokens ends where the device's own limit, or its context, does."""
        if sampling["max_tokens"] is None:
            sampling["max_tokens"] = max(1, min(self.settings.limits.max_tokens, self._model.context - prompt + 1))
        return sampling

    def _cancel(self, message: Message) -> None:
        try:
            wanted = parse_cancel(message.payload)
        except ProtocolError as failure:
            _LOG.info("cancel: %s", failure)
            return
        keys = {held.key for held in self._held.values() if held.id == wanted}
        if self._worker.cancel(keys) or not message.reply_to:
            return
        try:
            reply = self._reply(message.reply_to, message)
        except ProtocolError as failure:
            _LOG.info("cancel: %s", failure)
            return
        said = error("unknown_id", "no request with this id is waiting or running", wanted)
        self._post.send(reply, encode(said), message.correlation)

    def _command(self, message: Message, name: str) -> None:
        reports = {"status": lambda: self._health.status("ready"), "info": self._health.info}
        reports["health"] = lambda: self._health.report(len(self._held))
        try:
            reply = self._reply(message.reply_to, message)
        except ProtocolError as failure:
            _LOG.info("command %s: %s", name[:40], failure)
            return
        if name in reports:
            said = reports[name]()
        else:
            said = error("unknown_command", f"known are {', '.join(sorted(reports))}")
        self._post.send(reply, encode(said), message.correlation)

    # --- what goes out ---

    def _event(self, held: Held, event: str, **more: Any) -> None:
        self._post.send(held.reply, encode({"id": held.id, "event": event, **more}), held.correlation)

    def _wrote(self, piece: Wrote) -> None:
        held = self._held.get(piece.job.key)
        if held is None:
            return
        if piece.seq is None:
            total = piece.job.answer.prompt_tokens
            self._event(held, "progress", prompt_tokens_done=piece.prefilled, prompt_tokens=total)
        else:
            message = {"id": held.id, "event": "piece", "seq": piece.seq, "text": piece.text}
            self._post.send_now(held.reply, encode(message), held.correlation)

    def _ended(self, end: Ended) -> None:
        held = self._held[end.job.key]
        done = end.completion
        if done is None:
            message = error(end.code or "internal", end.message, held.id)
        else:
            message = {
                "id": held.id,
                "text": done.text,
                "finish_reason": done.finish_reason,
                "usage": done.usage,
                "timings": done.timings | {"queue_s": round(end.queue_s, 6)} | energy_of(end.used),
                "seed": done.seed,
                "confidence": round(done.confidence, 4),
                "model": self._health.model,
                "device": self.settings.name,
            }
            if end.job.restarts:
                message["restarts"] = end.job.restarts
        try:
            self._store.finish(held.key, encode(message), time.time())
        except StoreError:
            if not self._stopping:  # else the next start computes it again
                self._inbox.put(end)  # owed until it is on the disk
                time.sleep(_TICK_S)
            raise
        del self._held[held.key]
        self._health.changed = True
        self._post.deliver(held)


def _ack(message: Message) -> None:
    if message.link:
        message.link.ack(message)
