"""Tables to matrices: columns, categories, missing values, scaling."""

from gpunn.features.encoder import Features
from gpunn.features.kinds import FeatureWarning
from gpunn.features.spellings import Spellings

__all__ = ["FeatureWarning", "Features", "Spellings"]
