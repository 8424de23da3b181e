"""Names of types that annotations share.

The array API standard has no types to check against yet; these names say what is meant.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any  # of NumPy, CuPy or any other library of the array API standard
Namespace: TypeAlias = Any  # of such a library, or what traces formulas in its place
