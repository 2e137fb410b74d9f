"""Recorded prompts: WAV files by name in one folder; a node that names one that is not there is spoken instead."""

import os
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from hotline import audit
from hotline.errors import Invalid, NotFound, TooLarge
from hotline.ivr.faults import PROMPT

LARGEST = 2 * 2**20
RATES = (8000, 16000)


@dataclass(frozen=True)
class Recorded:
    """One prompt as it lies in the folder."""

    name: str
    seconds: float
    rate: int
    saved_at: datetime


def listing(folder: Path) -> list[Recorded]:
    return [_read(path) for path in sorted(folder.glob("*.wav"))]


def _read(path: Path) -> Recorded:
    with wave.open(str(path), "rb") as sound:
        rate = sound.getframerate()
        seconds = sound.getnframes() / rate
    return Recorded(path.stem, seconds, rate, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def find(folder: Path, name: str) -> Path:
    """The file of a prompt. Raises NotFound."""
    path = folder / f"{name}.wav"
    if not PROMPT.fullmatch(name) or not path.is_file():
        raise NotFound("没有这段录音")
    return path


def save(folder: Path, name: str, content: bytes) -> None:
    """Put a recording in place of the one of that name, if any. Judged by its content, not by its name."""
    if not PROMPT.fullmatch(name):
        raise Invalid("录音名称无效", fields={"prompt": ["只能用小写字母、数字、下划线和连字符，至多40个"]})
    if len(content) > LARGEST:
        raise TooLarge("录音超过 2 MB")
    _judge(content)
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{name}.partial"
    partial.write_bytes(content)
    os.replace(partial, folder / f"{name}.wav")
    audit.record("prompt.save", f"prompt:{name}", size=len(content))


def _judge(content: bytes) -> None:
    try:
        with wave.open(BytesIO(content), "rb") as sound:
            form = sound.getparams()
            whole = len(sound.readframes(form.nframes)) == form.nframes * form.nchannels * form.sampwidth
    except (wave.Error, EOFError) as problem:
        raise Invalid("这不是可用的 WAV 录音", fields={"file": ["须为未压缩的 PCM 格式"]}) from problem
    fine = form.nchannels == 1 and form.sampwidth == 2 and form.framerate in RATES
    if not fine or not whole or not form.nframes:
        raise Invalid("录音格式不合要求", fields={"file": ["须为 8 或 16 kHz、16 位、单声道，且完整不空"]})


def remove(folder: Path, name: str) -> None:
    """Take a recording away; its text is spoken from now on."""
    find(folder, name).unlink()
    audit.record("prompt.remove", f"prompt:{name}")
