"""Tables that come from and go to office software: XLSX and CSV."""

from hotline.sheets.packages import inspect
from hotline.sheets.reading import Rows, Table, Unusable, read_sheets, read_table
from hotline.sheets.writing import Cell, csv_chunks, write_csv, write_xlsx

__all__ = [
    "Cell",
    "Rows",
    "Table",
    "Unusable",
    "csv_chunks",
    "inspect",
    "read_sheets",
    "read_table",
    "write_csv",
    "write_xlsx",
]
