"""Tables in files: CSV, Parquet, standard input; read whole or in batches, with the types that their text tells.

Labels to targets, too: `gpunn.data.labels` needs no pyarrow, which tables do.
"""

from __future__ import annotations

TYPE_CHECKING = False  # for type checkers True, as that of typing
if TYPE_CHECKING:
    from gpunn.data.tables import read_table, split_target

__all__ = ["read_table", "split_target"]


if not TYPE_CHECKING:  # for type checkers there are the names above and no others

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module 'gpunn.data' has no attribute {name!r}")
        try:
            from gpunn.data import tables
        except ModuleNotFoundError as error:
            if error.name != "pyarrow":
                raise
            raise ModuleNotFoundError(
                "tables in files are read by pyarrow, which is not installed. Run pip install pyarrow.", name="pyarrow"
            ) from None
        return getattr(tables, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
