"""Tables of text from .csv files: which cells, under which column names. What is unclear is refused, never guessed.

Rows are numbered as in a spreadsheet, blank lines left out: a header is row 1, and the first sample row 2.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from geodepth.foundation.files.opened_files import DamagedFileError, open_file
from geodepth.validation.errors import ValidationError

from .standardization import LARGEST_VALUE

MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"]
).union(["NULL", "NaN", "None", "n/a", "nan", "null", "NaT", "?"])
"""How a missing value is written: what pandas.read_csv takes for one, pandas' NaT, and the "?" of the UCI archive."""
SEPARATORS = (",", ";", "\t")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_NUMBER_OTHERWISE = re.compile(r"[-+−\s$€£%]*\d[\d.,\s'’٬٫%$€£]*([eE][-+]?\d+)?[\s%$€£]*")
_LIKE_A_NUMBER = re.compile(rf"[-+−.$€£]?\d|{_INFINITY.pattern}$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})([T ].*)?")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of stripped text, each of the same number of cells, none of them missing.

    Attributes
    ----------
    file : Path
        For messages.
    columns : dict
        Name → cells, in the order of the file.
    first_row : int
        The number of the first sample's row: 2 below a header, else 1.
    """

    file: Path
    columns: dict[str, tuple[str, ...]]
    first_row: int

    def refusal(self, column: str, sample: int, wanted: str) -> ValidationError:
        """The error that names a cell, and says what is wanted there."""
        cell = self.columns[column][sample]
        place = f"column {column}, row {sample + self.first_row}"
        header = " (the header is row 1)" if self.first_row > 1 else ""
        return ValidationError(f"{self.file} has {cell!r} in {place}; {wanted}{header}")

    def are_words(self, column: str) -> bool:
        """Whether no cell of a column is a number, so that it holds the names of classes.

        Raises
        ------
        ValidationError
            A cell is a number or a date in a spelling that is not read, such as 1,5 or 50% or 2020-01-31.
        """
        cells = self.columns[column]
        if any(map(is_number, cells)):
            return False
        for sample, cell in enumerate(cells):
            if _looks_numeric(cell) or _DATE.fullmatch(cell):
                raise self.refusal(column, sample, "write numbers such as 1000.5, and the names of classes in letters")
        return True

    def counts_rows(self, column: str) -> bool:
        """Whether a column is 0, 1, 2, … or 1, 2, 3, …, as numbers of rows are."""
        return _counts_rows(self.columns[column])

    def numbers(self, column: str) -> list[float]:
        """A column as numbers.

        Raises
        ------
        ValidationError
            A cell is no number, or one that double precision or the standardization does not carry.
        """
        if not any(map(is_number, self.columns[column])) and self.are_words(column):
            words = list(dict.fromkeys(self.columns[column]))
            shown = ", ".join(map(repr, words[:3])) + (", …" if len(words) > 3 else "")
            code = "write 0 and 1" if len(words) == 2 else "write a column of 0 and 1 for each word"
            raise ValidationError(
                f"{self.file} has words in column {column} ({shown}), where numbers are needed; {code}, or remove it"
            )
        return [self._number(column, sample, cell) for sample, cell in enumerate(self.columns[column])]

    def _number(self, column: str, sample: int, cell: str) -> float:
        if not is_number(cell):
            raise self.refusal(column, sample, "give a number there, such as 1000.5")
        number = float(cell)
        if abs(number) > LARGEST_VALUE:
            raise self.refusal(column, sample, f"give numbers up to {LARGEST_VALUE:g} in size, in a larger unit")
        if number == 0.0 and re.search("[1-9]", re.split("[eE]", cell)[0]):
            raise self.refusal(column, sample, "it is below the range of double precision; choose a smaller unit")
        if abs(number) >= 2.0**53 and re.fullmatch(r"[+-]?\d+", cell) and int(number) != int(cell):
            raise self.refusal(column, sample, "double precision loses its last digits; give fewer of them")
        return number


def is_number(cell: str) -> bool:
    """Whether a cell is written as a finite decimal number; 1_1, nan, 1,5 and digits of other scripts are none."""
    return _NUMBER.fullmatch(cell) is not None


def read_table(path: str | Path) -> Table:
    """Read a .csv file: columns separated by commas, semicolons or tabs, in UTF-8.

    Parameters
    ----------
    path : str or Path
        The first line names the columns. If there are numbers in it, and one of its words occurs again in its column,
        then it is a sample, and the columns are called 1, 2, …. A first column without a name that counts the rows, as
        pandas and R write it, is left out.

    Raises
    ------
    ValidationError
        The file cannot be read, or it is not clear what it says: two separators, a first line that may be either,
        columns without a name or of one name, rows of another length, missing values.
    """
    rows = _rows(path)
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            place = f"row {number} does not (the first line is row 1)"
            raise ValidationError(f"{path} has {len(rows[0])} columns, but {place}; mend that row")
    headless = bool(rows) and _is_sample(path, rows)
    samples = rows if headless else rows[1:]
    if not samples:
        raise ValidationError(f"{path} holds {len(rows)} lines; it needs a header and at least one row")
    columns = _named(path, None if headless else rows[0], list(zip(*samples, strict=True)))
    table = Table(Path(path), columns, 1 if headless else 2)
    for name, cells in columns.items():
        for sample, cell in enumerate(cells):
            if cell in MISSING:
                known = [other for other in cells if other not in MISSING]
                classes = "" if any(map(is_number, known)) else "; rename a class so called"
                raise table.refusal(name, sample, f"fill in what is missing or remove the row{classes}")
    return table


def _named(path: str | Path, header: list[str] | None, cells: list[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The columns under their names, without one that counts the rows."""
    places = [str(place) for place in range(1, len(cells) + 1)]
    if header is None and _counts_rows(cells[0]):
        raise ValidationError(f"{path} counts its rows in column 1; put a line of column names first, or remove it")
    named = list(zip(places, header or places, cells, strict=True))
    if named[0][1] in ("", "Unnamed: 0") and _counts_rows(cells[0]):
        named = named[1:]
    for place, name, _ in named:
        if name in MISSING or name.startswith("Unnamed: "):
            raise ValidationError(f"{path} has no name for its column {place}; name it in the first line, or remove it")
    names = [name for _, name, _ in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValidationError(f"{path} has more than one column named {twice[0]!r}; rename them apart")
    return {name: column for _, name, column in named}


def _rows(path: str | Path) -> list[list[str]]:
    """The stripped cells of all lines that are not blank."""
    try:
        with io.TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="") as file:
            text = file.read()
        unquoted = re.sub('"[^"]*"', "", text).lstrip("\r\n ")
        able = [separator for separator in SEPARATORS if separator in re.split("[\r\n]", unquoted, maxsplit=1)[0]]
        if len(able) < 2:
            lines = csv.reader(
                io.StringIO(text, newline=""),
                delimiter=able[0] if able else ",",
                skipinitialspace=True,  # or a quote behind a space would belong to the text
                strict=True,
            )
            stripped = ([cell.strip() for cell in line] for line in lines)
            return [line for line in stripped if any(line)]
    except FileNotFoundError:
        raise ValidationError(f"there is no file {path}; correct its name, or go to its folder") from None
    except (OSError, ValueError, csv.Error, DamagedFileError) as error:
        raise ValidationError(f"{path} is no readable .csv file ({' '.join(str(error).split())})") from None
    raise ValidationError(
        f"{path} has {' and '.join(map(repr, able))} in its first line; put names that hold one of them into quotes"
    )


def _is_sample(path: str | Path, rows: list[list[str]]) -> bool:
    """Whether the first line is a sample.

    Without a number it is none. Else its words show it: one that occurs again in its column is a class, and one above
    numbers alone is a name.
    """
    if not any(map(_LIKE_A_NUMBER.match, rows[0])):
        return False
    below = list(zip(*rows[1:], strict=True)) or [()] * len(rows[0])
    words = [
        (cell, cells) for cell, cells in zip(rows[0], below, strict=True) if cell and not _LIKE_A_NUMBER.match(cell)
    ]
    if any(cell in cells for cell, cells in words):
        return True
    if any(cells and all(map(is_number, cells)) for _, cells in words):
        return False
    raise ValidationError(
        f"{path} starts with numbers ({', '.join(rows[0])}); put a line of column names first, none like a number"
    )


def _looks_numeric(cell: str) -> bool:
    """Whether a cell is a number in this spelling or in another."""
    return any(pattern.fullmatch(cell) for pattern in (_NUMBER, _NUMBER_OTHERWISE, _INFINITY))


def _counts_rows(cells: tuple[str, ...]) -> bool:
    """Whether a column is an index, as pandas (from 0) and R (from 1) write it."""
    return any(cells == tuple(map(str, range(first, first + len(cells)))) for first in (0, 1))
