"""Where weights come from: Hugging Face folders, our packed copies of them, and the user's library of models."""

from edge.checkpoints.convert import Notice, Progress, convert, ensure_packed, is_packed
from edge.checkpoints.library import Installed, list_models, model_folder, models_folder, resolve

__all__ = [
    "Installed",
    "Notice",
    "Progress",
    "convert",
    "ensure_packed",
    "is_packed",
    "list_models",
    "model_folder",
    "models_folder",
    "resolve",
]
