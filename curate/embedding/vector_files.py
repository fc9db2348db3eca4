"""Files of vectors that other programs read and write: .npy and .npz beside a list of ids, and .parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curate.errors import InvalidEmbeddings, StorageFailed

KEY_COLUMNS = ("id", "image_id", "path", "file", "file_name", "filename", "key")
"""Names of a column that says whose vector a row is; the first that is there counts."""
ENDINGS = (".npy", ".npz", ".parquet")

Blocks = Callable[[int], Iterator[np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class VectorFile:
    """N vectors as a file holds them, not checked yet, each with the key of its image."""

    path: Path
    keys: Sequence[str]
    count: int
    """N, the number of vectors; there may be more or fewer keys."""
    dimension: int
    blocks: Blocks
    """Yields all rows in order, as (B, D) floats, B ≤ its argument."""


def open_vectors(path: Path, ids: Path | None) -> VectorFile:
    """Open a file of vectors; of a .npy file nothing is read into memory before `blocks` asks for it.

    Raises:
        InvalidEmbeddings: it, or the list of ids, isn't there, can't be read, or has another shape or type.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InvalidEmbeddings(f"{path} is neither .npy nor .npz nor .parquet. Save the vectors as one of these.")
    if not path.is_file():
        raise InvalidEmbeddings(f"There is no file {path}. Check its name.")
    try:
        if path.suffix.lower() == ".parquet":
            return _parquet(path, ids)
        return _numpy(path, ids)
    except InvalidEmbeddings:
        raise
    except Exception as error:  # a damaged file raises whatever its reader does: BadZipFile, zlib.error, TokenError …
        raise InvalidEmbeddings(f"{path} can't be read: {_first_line(error)}. Save it again.") from error


def save_vectors(
    path: Path, ids: Path | None, keys: Iterable[tuple[str, str]], shape: tuple[int, int], blocks: Blocks
) -> None:
    """Write (N, D) vectors, `shape`, and each one's image id and path, as `open_vectors` reads them.

    The files appear when they are whole.

    Raises:
        InvalidEmbeddings: another ending, or a .npy file without a place for its ids.
        StorageFailed: a file can't be written.
    """
    ending = path.suffix.lower()
    if ending not in (".npy", ".parquet"):
        raise InvalidEmbeddings(f"{path} ends in neither .npy nor .parquet. Choose one of these.")
    if ending == ".npy" and ids is None:
        raise InvalidEmbeddings("A .npy file holds no ids. Say where to write them: --ids FILE.csv.")
    try:
        if ending == ".parquet":
            _whole(path, lambda part: _write_parquet(part, list(keys), shape[1], blocks))
        if ids is not None:
            _whole(ids, lambda part: _write_ids(part, keys))
        if ending == ".npy":
            _whole(path, lambda part: _write_npy(part, shape, blocks))
    except OSError as error:
        raise StorageFailed(
            f"{error.filename or path} can't be written: {error.strerror or error}. Free some space, or choose "
            "another place."
        ) from error


def _numpy(path: Path, ids: Path | None) -> VectorFile:
    loaded = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        vectors, keys = loaded, None
    else:
        with loaded:
            vectors, keys = _of_archive(path, dict(loaded.items()))
    if vectors.ndim != 2:
        raise InvalidEmbeddings(f"{path} holds an array of shape {vectors.shape}, not (images, numbers).")
    _check_type(path, vectors.dtype.kind == "f", vectors.dtype)
    if ids is not None:
        keys = read_keys(ids)
    if keys is None:
        raise InvalidEmbeddings(f"{path} doesn't say whose vectors it holds. Add a list of ids: --ids FILE.csv.")

    def blocks(size: int) -> Iterator[np.ndarray]:
        for start in range(0, len(vectors), size):
            yield np.asarray(vectors[start : start + size])

    return VectorFile(path, keys, len(vectors), vectors.shape[1], blocks)


def _of_archive(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str] | None]:
    """Return the one matrix of an .npz file, and the keys where an array of text is beside it."""
    arrays = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}  # other files are bytes
    matrices = [array for array in arrays.values() if array.ndim == 2]
    if len(matrices) != 1:
        raise InvalidEmbeddings(f"{path} holds {len(matrices)} matrices, not one. Save the vectors alone.")
    texts = [array for name, array in arrays.items() if array.ndim == 1 and array.dtype.kind in "US"]
    return matrices[0], texts[0].astype(str).tolist() if texts else None


def _parquet(path: Path, ids: Path | None) -> VectorFile:
    file = pq.ParquetFile(path, memory_map=True)
    schema = file.schema_arrow
    column = _vector_column(path, schema)
    key = next((name for name in KEY_COLUMNS if name in schema.names), None)
    if ids is not None:
        keys: Sequence[str] = read_keys(ids)
    elif key is not None:
        keys = file.read(columns=[key]).column(0).cast(pa.string()).fill_null("").to_pylist()
    else:
        raise InvalidEmbeddings(f"{path} has no column of ids. Name one {KEY_COLUMNS[0]} or path, or add --ids FILE.")
    kind = schema.field(column).type
    dimension = kind.list_size if pa.types.is_fixed_size_list(kind) else _first_length(file, column)

    def blocks(size: int) -> Iterator[np.ndarray]:
        row = 0
        for batch in file.iter_batches(size, columns=[column]):
            lists = batch.column(0)
            lengths = lists.value_lengths().fill_null(-1).to_numpy(zero_copy_only=False)
            if (wrong := np.flatnonzero(lengths != dimension)).size or lists.flatten().null_count:
                at = row + (int(wrong[0]) if wrong.size else 0)
                raise InvalidEmbeddings(
                    f"Row {at + 1:,} of {path} is no vector of {dimension:,} numbers as the others."
                )
            yield lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
            row += len(lists)

    return VectorFile(path, keys, file.metadata.num_rows, dimension, blocks)


def _vector_column(path: Path, schema: pa.Schema) -> str:
    """Return the one column of lists of floats."""
    lists = [field for field in schema if pa.types.is_list(field.type) or pa.types.is_fixed_size_list(field.type)]
    lists += [field for field in schema if pa.types.is_large_list(field.type)]
    if len(lists) != 1:
        raise InvalidEmbeddings(f"{path} has {len(lists)} columns of lists, not one with the vectors. Save them alone.")
    kind = lists[0].type.value_type
    _check_type(path, pa.types.is_floating(kind), kind)
    return str(lists[0].name)


def _first_length(file: pq.ParquetFile, column: str) -> int:
    first = next(file.iter_batches(1, columns=[column]), None)
    return len(first.column(0)[0].as_py() or ()) if first is not None and len(first) else 0


def _check_type(path: Path, floats: bool, kind: object) -> None:
    if not floats:
        raise InvalidEmbeddings(f"{path} holds {kind}, not float16, float32 or float64 numbers. Convert it first.")


def read_keys(path: Path) -> list[str]:
    """Return the keys in a list of ids: a .csv file's column, named or its only one; else a key on each line.

    Raises:
        InvalidEmbeddings: it isn't there, isn't text, or has several columns and none of a known name.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() != ".csv":
                return [line.rstrip("\r\n") for line in file if line.strip()]
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no CSV file in UTF-8"
        raise InvalidEmbeddings(f"The list of ids {path} can't be read: {reason}.") from error
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    named = next((header.index(name) for name in KEY_COLUMNS if name in header), None)
    if named is None and len(header) > 1:
        raise InvalidEmbeddings(f"The list of ids {path} has several columns. Name the one that counts “id” or “path”.")
    column = named or 0
    return [row[column] if len(row) > column else "" for row in (rows if named is None else rows[1:])]


def _write_ids(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "path"))
        writer.writerows(keys)


def _write_npy(path: Path, shape: tuple[int, int], blocks: Blocks) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks(16_384):
            file.write(np.ascontiguousarray(block, "<f4").data)


def _write_parquet(path: Path, keys: list[tuple[str, str]], dimension: int, blocks: Blocks) -> None:
    vector = pa.list_(pa.float32(), dimension)
    schema = pa.schema([("id", pa.string()), ("path", pa.string()), ("vector", vector)])
    with pq.ParquetWriter(path, schema) as writer:
        row = 0
        for block in blocks(16_384):
            ids, paths = zip(*keys[row : row + len(block)], strict=True)
            values = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(block).ravel()), dimension)
            writer.write_table(pa.table([pa.array(ids), pa.array(paths), values], schema=schema))
            row += len(block)


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file under another name first, so that a half-written one never has its name."""
    part = path.with_name(f"{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
