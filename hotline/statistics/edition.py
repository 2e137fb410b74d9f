"""An edition (版式): how the bulletin of a period is worded and laid out. Values only; figures never live here."""

from dataclasses import dataclass
from enum import StrEnum

from hotline.clock import Month


class Kind(StrEnum):
    """What a column of a reported table holds, and so which checks apply to it."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    RATIO = "ratio"
    DAYS = "days"


class Section(StrEnum):
    """The parts of a bulletin; an edition says which are printed and in which order."""

    HOTLINE = "hotline"
    PROVINCE = "province"
    BOOKINGS = "bookings"
    CHANNELS = "channels"
    DATASETS = "datasets"


@dataclass(frozen=True)
class Item:
    """One listed figure: its code, printed label and unit."""

    code: str
    label: str
    unit: str


@dataclass(frozen=True)
class HotlineWording:
    title: str
    sentence: str
    item: str
    categories: tuple[Item, ...]
    orders: tuple[Item, ...]


@dataclass(frozen=True)
class ProvinceWording:
    """`home_largest`: the home city normally counts most, so a city above it is worth a look (rule P3)."""

    sentence: str
    home: str
    city: str
    home_largest: bool = False


@dataclass(frozen=True)
class BookingWording:
    """`columns` are the labels of number, institution, one per group, and total."""

    title: str
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    total: str
    note: str


@dataclass(frozen=True)
class ChannelName:
    """A booking channel: its lasting code, the name printed in this edition, the channel group it belongs to."""

    code: str
    name: str
    group: str


@dataclass(frozen=True)
class ChannelWording:
    """`other_group`: the group of a channel that is not listed."""

    title: str
    subtitle: str
    columns: tuple[str, ...]
    total: str
    names: tuple[ChannelName, ...]
    other_group: str

    def name_of(self, code: str) -> str | None:
        return next((channel.name for channel in self.names if channel.code == code), None)


@dataclass(frozen=True)
class ColumnDefinition:
    key: str
    label: str
    kind: Kind
    group: str | None = None


@dataclass(frozen=True)
class DatasetDefinition:
    """A reported table. `totals`: label of its total row, empty without one; `order`: the column it is sorted by,
    descending, empty for the order of input; `note`: the sentence with the cumulative figure."""

    id: str
    title: str
    columns: tuple[ColumnDefinition, ...]
    two_blocks: bool = False
    totals: str = ""
    order: str = ""
    note: str = ""
    unit: str | None = None
    paragraphs: tuple[str, ...] = ()

    def kind_of(self, key: str) -> Kind | None:
        return next((column.kind for column in self.columns if column.key == key), None)


@dataclass(frozen=True)
class Edition:
    """Valid from the month `valid_from` to the month `valid_to`, both included; None: still in use."""

    code: str
    name: str
    valid_from: Month
    valid_to: Month | None
    sections: tuple[Section, ...]
    hotline: HotlineWording
    province: ProvinceWording
    bookings: BookingWording
    channels: ChannelWording
    datasets: tuple[DatasetDefinition, ...]

    def covers(self, month: Month) -> bool:
        return not month < self.valid_from and (self.valid_to is None or not self.valid_to < month)

    def dataset(self, dataset_id: str) -> DatasetDefinition | None:
        return next((one for one in self.datasets if one.id == dataset_id), None)
