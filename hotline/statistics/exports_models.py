"""Exports of calls and orders: who asked for what, how far it is, who agreed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, enum_by_value


class ExportKind(StrEnum):
    CALLS = "calls"
    ORDERS = "orders"


KIND_LABEL: dict[ExportKind, str] = {ExportKind.CALLS: "来电", ExportKind.ORDERS: "工单"}


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class ExportState(StrEnum):
    """WAITING for a second person; EXPIRED: the file was removed after its time."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


EXPORT_LABEL: dict[ExportState, str] = {
    ExportState.WAITING: "待另一人同意",
    ExportState.QUEUED: "排队中",
    ExportState.RUNNING: "导出中",
    ExportState.DONE: "已完成",
    ExportState.FAILED: "失败",
    ExportState.CANCELLED: "已取消",
    ExportState.EXPIRED: "文件已清除",
}


class ExportRun(Base):
    """One export. `filters` holds the business days and codes it was asked for, never personal data."""

    __tablename__ = "export_run"
    __table_args__ = (
        CheckConstraint("NOT revealed OR reason <> ''", name="revealed_with_reason"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> asked_by_id", name="two_persons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ExportKind] = mapped_column(enum_by_value(ExportKind))
    format: Mapped[ExportFormat] = mapped_column(enum_by_value(ExportFormat))
    filters: Mapped[dict[str, Any]]
    revealed: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[ExportState] = mapped_column(enum_by_value(ExportState))
    rows_total: Mapped[int] = mapped_column(BigInteger)
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    asked_by: Mapped[str] = mapped_column(String(80))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_by: Mapped[str] = mapped_column(String(80), default="")
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def file_name(self) -> str:
        """The name it is downloaded under."""
        words = {ExportKind.CALLS: "来电", ExportKind.ORDERS: "工单"}[self.kind]
        return f"12320{words}_{self.filters['first']}_{self.filters['last']}_{self.id}.{self.format.value}"
