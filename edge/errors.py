"""Everything that can go wrong, as one tree.

::

    EdgeError                  anything a person can put right; the CLI prints it on one line and exits with 2
    ├── ModelError             a model cannot be found, read or run
    │   ├── ModelNotFound      no model, folder or file of that name
    │   ├── CheckpointError    a Hugging Face checkpoint is incomplete, damaged or of a kind we cannot run
    │   ├── PackedFileError    a packed model.safetensors is damaged, truncated or of another version
    │   └── ModelTooLarge      the model does not fit in this machine's memory
    ├── TokenizerError         the tokenizer's or chat template's files are missing or damaged
    ├── PromptError            the prompt cannot be answered as it is
    │   ├── EmptyPrompt        there is nothing to continue
    │   └── PromptTooLong      prompt and answer together exceed the context
    ├── SamplingError          a sampling value is out of its range
    ├── EngineError            the engine cannot run as asked (unknown ISA, too many threads, closed model)
    └── DownloadError          a model could not be fetched from the hub

Every message is a single line that says what is wrong, where, and what to do next.
"""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "DownloadError",
    "EdgeError",
    "EmptyPrompt",
    "EngineError",
    "ModelError",
    "ModelNotFound",
    "ModelTooLarge",
    "PackedFileError",
    "PromptError",
    "PromptTooLong",
    "SamplingError",
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
