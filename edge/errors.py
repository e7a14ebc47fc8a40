"""Everything that can go wrong, as one tree.

::

    EdgeError                  anything a person can put right; the CLI prints it on one line and exits with 2
    ├── ModelError             a model cannot be found, read or run
    │   ├── ModelNotFound      no model, folder or file of that name
    │   ├── CheckpointError    a Hugging Face checkpoint is incomplete, damaged or of a kind we cannot run
    │   ├── PackedFileError    a packed model.safetensors is damaged, truncated or of another version
    │   ├── CheckFailed        the model gives other tokens here than where it came from
    │   └── ModelTooLarge      the model does not fit in this machine's memory
    ├── TokenizerError         the tokenizer's or chat template's files are missing or damaged
    ├── PromptError            the prompt cannot be answered as it is
    │   ├── EmptyPrompt        there is nothing to continue
    │   └── PromptTooLong      prompt and answer together exceed the context
    ├── SamplingError          a sampling value is out of its range
    ├── EngineError            the engine cannot run as asked (unknown ISA, too many threads, closed model)
    ├── DownloadError          a model could not be fetched from the hub
    ├── AskError               a question to a device over the network has no answer; `code` says why
    │   ├── BrokerUnreachable  the broker cannot be reached
    │   ├── DeviceUnreachable  the device (or no device of the pool) shows a sign of life
    │   ├── DeviceBusy         its queue is full, or we ask too often; `retry_after` seconds may help
    │   ├── AskTimeout         the answer was not ready in time (also a TimeoutError)
    │   ├── AskCancelled       somebody cancelled the question
    │   ├── RequestRefused     the device does not answer such a question; asking it again will not help
    │   └── DeviceFailed       the device took the question and failed
    └── DeployError            a board cannot be brought to the state that was wanted
        ├── BoardUnreachable   there is no connection to it, or it went away; what it does now is not known
        ├── HostKeyUnknown     it was never seen before, and only known boards were to be talked to
        ├── HostKeyChanged     it shows another key than last time: a new system, or somebody in between
        ├── LoginRefused       it lets us in with none of our keys
        ├── SudoRefused        we are in, but may not become root
        ├── BoardUnfit         it lacks what the software needs; nothing was changed
        ├── BoardBusy          somebody else is deploying to it
        └── DeployFailed       it was tried: the board runs what it ran before, or nothing if there was nothing

Every message is a single line that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "AskCancelled",
    "AskError",
    "AskTimeout",
    "BoardBusy",
    "BoardUnfit",
    "BoardUnreachable",
    "BrokerUnreachable",
    "CheckFailed",
    "CheckpointError",
    "DeployError",
    "DeployFailed",
    "DeviceBusy",
    "DeviceFailed",
    "DeviceUnreachable",
    "DownloadError",
    "EdgeError",
    "EmptyPrompt",
    "EngineError",
    "HostKeyChanged",
    "HostKeyUnknown",
    "LoginRefused",
    "ModelError",
    "ModelNotFound",
    "ModelTooLarge",
    "PackedFileError",
    "PromptError",
    "PromptTooLong",
    "RequestRefused",
    "SamplingError",
    "SudoRefused",
    "TokenizerError",
]


class EdgeError(Exception):
    """Anything a person can put right; the message says how."""


class ModelError(EdgeError):
    """A model cannot be found, read or run."""


class ModelNotFound(ModelError):
    """No model, folder or file of that name."""


class CheckpointError(ModelError):
    """A Hugging Face checkpoint is incomplete, damaged or of a kind we cannot run."""


class PackedFileError(ModelError):
    """A packed ``model.safetensors`` is damaged, truncated or of another version."""


class CheckFailed(ModelError):
    """The model gives other tokens here than where it came from."""


class ModelTooLarge(ModelError):
    """The model does not fit in this machine's memory."""


class TokenizerError(EdgeError):
    """The tokenizer's or chat template's files are missing or damaged."""


class PromptError(EdgeError):
    """The prompt cannot be answered as it is."""


class EmptyPrompt(PromptError):
    """There is nothing to continue."""


class PromptTooLong(PromptError):
    """Prompt and answer together exceed the context."""


class SamplingError(EdgeError):
    """A sampling value is out of its range."""


class EngineError(EdgeError):
    """The engine cannot run as asked."""


class DownloadError(EdgeError):
    """A model could not be fetched from the hub."""


class AskError(EdgeError):
    """A question to a device over the network has no answer.

    ``code``: the protocol's error code (docs/protocol.md), or ``unreachable``, ``no_broker`` or ``closed`` of the
    client's own. ``device``: who was asked last, if anybody was.
    """

    def __init__(self, message: str, code: str = "internal", device: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.device = device


class BrokerUnreachable(AskError):
    """The broker cannot be reached."""


class DeviceUnreachable(AskError):
    """The device, or every device of the pool, shows no sign of life."""


class DeviceBusy(AskError):
    """The device's queue is full, or we ask it too often; ``retry_after``: seconds until there should be room."""

    def __init__(self, message: str, code: str = "busy", device: str | None = None, retry_after: float = 1.0) -> None:
        super().__init__(message, code, device)
        self.retry_after = retry_after


class AskTimeout(AskError, TimeoutError):
    """The answer was not ready in time."""


class AskCancelled(AskError):
    """Somebody cancelled the question."""


class RequestRefused(AskError):
    """The device does not answer such a question; asking it again will not help."""


class DeviceFailed(AskError):
    """The device took the question and failed."""


class DeployError(EdgeError):
    """A board cannot be brought to the state that was wanted."""


class BoardUnreachable(DeployError):
    """There is no connection to the board, or it went away: what the board does now is not known."""


class HostKeyUnknown(DeployError):
    """The board was never seen before, and only known boards were to be talked to."""


class HostKeyChanged(DeployError):
    """The board shows another key than last time: a newly written card, or somebody in between."""


class LoginRefused(DeployError):
    """The board lets us in with none of our keys."""


class SudoRefused(DeployError):
    """We are in, but may not become root there."""


class BoardUnfit(DeployError):
    """The board lacks what the software needs; nothing was changed."""


class BoardBusy(DeployError):
    """Somebody else is deploying to the board; the message says who."""


class DeployFailed(DeployError):
    """It was tried and taken back: the board runs what it ran before, or nothing if there was nothing.

    Also a rollout over a fleet in which boards failed.
    """
