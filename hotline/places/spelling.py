"""Names as they are typed: full pinyin and initials, letters and digits only."""


def spell(name: str) -> tuple[str, str]:
    """`南京鼓楼医院` → (`nanjinggulouyiyuan`, `njglyy`)."""
    # Imported here: its dictionaries are 55 MB that only a process that names something should hold.
    from pypinyin import Style, lazy_pinyin

    return _typed(lazy_pinyin(name)), _typed(lazy_pinyin(name, style=Style.FIRST_LETTER))


def _typed(syllables: list[str]) -> str:
    return "".join(letter for letter in "".join(syllables).lower() if letter.isascii() and letter.isalnum())
