"""Substitutes for what scikit-learn 1.7 and 1.8 lack: callbacks, and helpers for arrays of other libraries."""

from __future__ import annotations

from typing import Any

from gpunn.typing import Namespace

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9

    class _NoContext:
        """The context of a fit that nobody is told of."""

        def subcontext(self, **task: Any) -> _NoContext:
            return self

        def call_on_fit_task_begin(self, **state: Any) -> None:
            pass

        def call_on_fit_task_end(self, **state: Any) -> bool:
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef] # in the place of the class that could not be imported
        """Without ``set_callbacks``, for there are no callbacks to set."""

        def _init_callback_context(self, **task: Any) -> _NoContext:
            return _NoContext()

    def with_callbacks(method: Any) -> Any:
        return method


try:
    from sklearn.utils._array_api import check_same_namespace

    ARRAY_API_SUPPORT = True
except ImportError:  # before 1.9
    # X of any library works all the same, but scikit-learn's checks ask for classes_ in that library too.
    ARRAY_API_SUPPORT = False

    def check_same_namespace(X: Any, estimator: Any, *, attribute: str, method: str) -> None:
        """Nothing: gpunn brings X and theta together wherever they are."""


try:
    from sklearn.utils._array_api import move_to
except ImportError:  # before 1.8
    from sklearn.utils._array_api import _convert_to_numpy, get_namespace

    def move_to(x: Any, *, xp: Namespace, device: Any) -> Any:
        """An array of any library as one of NumPy, which is all that gpunn asks for."""
        return _convert_to_numpy(x, get_namespace(x)[0])


__all__ = ["ARRAY_API_SUPPORT", "CallbackSupportMixin", "check_same_namespace", "move_to", "with_callbacks"]
