"""What a person has to write beside a step."""

from hotline.errors import Invalid


def needed(text: str, field: str = "reason") -> str:
    """The text without blanks around it. Raises Invalid when nothing is left."""
    if not text.strip():
        raise Invalid("请填写理由" if field == "reason" else "请填写完整", fields={field: ["不能为空"]})
    return text.strip()
