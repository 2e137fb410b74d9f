"""The digit-slip detector: which single slip of a finger makes a printed number out of another."""


def _without_one(text: str) -> set[str]:
    return {text[:n] + text[n + 1 :] for n in range(len(text))}


def slip(printed: int, meant: int) -> str:
    """How `meant` became `printed` by one slip, in Chinese; empty when one slip does not explain it."""
    if printed == meant or meant <= 0 or printed <= 0:
        return ""
    if printed == meant * 10:
        return "多印一位（扩大十倍）"
    if meant == printed * 10:
        return "少印一位（缩小十倍）"
    wrong, right = str(printed), str(meant)
    if right in _without_one(wrong):
        return "多印一位数字"
    if wrong in _without_one(right):
        return "漏印一位数字"
    return "相邻两位数字颠倒" if _swapped(wrong, right) else ""


def _swapped(wrong: str, right: str) -> bool:
    if len(wrong) != len(right):
        return False
    differing = [n for n, (a, b) in enumerate(zip(wrong, right, strict=True)) if a != b]
    return len(differing) == 2 and differing[1] == differing[0] + 1 and sorted(wrong) == sorted(right)
