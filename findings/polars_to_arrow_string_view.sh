#!/usr/bin/env bash
# polars 2.1.0 and pyarrow 26.0.1 (with numpy 2.4.6).
#
# Expected: a polars frame of text becomes an Arrow table by `pyarrow.table(frame)`, through the Arrow PyCapsule interface
#   that both implement, and rows of that table can be taken, filtered, sorted, compared and written like those of any
#   table of strings. `frame.to_arrow()` and `pyarrow.table(frame)` give the same types.
# Happens: frame.to_arrow() gives large_string; pyarrow.table(frame) gives string_view, for which pyarrow has no kernel of
#   take, filter, is_in or equal, no sort, and no CSV writer: each raises. unique and dictionary_encode do work.
#   (polars documents that its exports hold view types by default; pyarrow's list of types by kernel is in its C++
#   documentation, "Compute Functions".)
# Way round: frame.to_arrow(), or cast string_view columns to large_string at the door.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import io

import polars
import pyarrow
import pyarrow.compute
import pyarrow.csv

frame = polars.DataFrame({"word": ["b", "a", None]})
table = pyarrow.table(frame)
print("to_arrow:", frame.to_arrow().schema.field("word").type, "| pyarrow.table:", table.schema.field("word").type)
assert str(frame.to_arrow().schema.field("word").type) == "large_string"
assert str(table.schema.field("word").type) == "string_view"
words = table["word"]
uses = {
    "take": lambda: table.take([1, 0]),
    "filter": lambda: table.filter(pyarrow.array([True, False, True])),
    "is_in": lambda: pyarrow.compute.is_in(words, value_set=pyarrow.array(["a"])),
    "equal": lambda: pyarrow.compute.equal(words, "a"),
    "sort_by": lambda: table.sort_by("word"),
    "write_csv": lambda: pyarrow.csv.write_csv(table, io.BytesIO()),
}
for name, use in uses.items():
    try:
        use()
    except pyarrow.ArrowException as error:
        print(f"{name}: {type(error).__name__}: {error}")
    else:
        raise SystemExit(f"{name} works now")
plain = table.set_column(0, "word", words.cast(pyarrow.large_string()))
assert plain.take([1, 0])["word"].to_pylist() == ["a", "b"]
pyarrow.compute.unique(words), pyarrow.compute.dictionary_encode(words)
PYTHON
# Output seen:
#   to_arrow: large_string | pyarrow.table: string_view
#   take: ArrowNotImplementedError: Function 'array_take' has no kernel matching input types (string_view, int64)
#   filter: ArrowNotImplementedError: Function 'array_take' has no kernel matching input types (string_view, uint16)
#   is_in: ArrowNotImplementedError: Function 'is_in' has no kernel matching input types (string_view)
#   equal: ArrowNotImplementedError: Function 'equal' has no kernel matching input types (string_view, string)
#   sort_by: ArrowTypeError: Sorting not supported for type binary_view
#   write_csv: ArrowInvalid: Unsupported Type:string_view
