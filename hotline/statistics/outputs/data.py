"""The bulletin as JSON: the figures as they are stored, and the texts and tables as they are printed."""

import json
from typing import Any

from hotline.statistics import codec
from hotline.statistics.document import Document
from hotline.statistics.table_blocks import Table


def render(document: Document) -> bytes:
    body = {
        "month": str(document.figures.month),
        "edition": document.edition,
        "marks": list(document.marks),
        "title": document.title,
        "sentences": {sentence.id: sentence.text for sentence in document.sentences},
        "tables": [_table(table) for table in document.tables],
        "figures": codec.to_json(document.figures),
    }
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def _table(table: Table) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "subtitle": table.subtitle,
        "columns": list(table.columns),
        "rows": [[cell.text for cell in row] for row in table.rows],
        "total": [cell.text for cell in table.total],
        "total_line": table.total_line,
        "notes": list(table.notes),
        "paragraphs": list(table.paragraphs),
    }
