"""Running a model: ``step`` (:class:`cython_kernels.Engine`) < ``stream`` < ``generate``."""

from .generation import Completion, Piece
from .model import Model, load
from .sampling import Sampling

__all__ = ["Completion", "Model", "Piece", "Sampling", "load"]
