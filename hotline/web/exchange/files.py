"""Files of orders, in and out; always handed out as downloads."""

from typing import Any

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from hotline import db
from hotline.db import session
from hotline.errors import Invalid
from hotline.web.exchange import schemas
from hotline.web.exchange.document import FORM, operation
from hotline.web.exchange.doors import door
from hotline.web.exchange.entrance import caller
from hotline.web.exchange.orders import own
from hotline.web.gate.attachments import attachment
from hotline.workorders import delivery, files, moves, pushing
from hotline.workorders.exchange_models import Attachment
from hotline.workorders.platforms import Scope


@operation(
    door,
    "POST",
    "/orders/<external_no>/files",
    "上传附件（10 MB 以内；pdf、png、jpg、docx、xlsx、mp3、wav）",
    scope=Scope.FILES,
    body=schemas.FileIn,
    media=FORM,
    answers={201: schemas.FileOut},
)
def add_file(sent: dict[str, Any], external_no: str) -> ResponseReturnValue:
    upload = sent["file"]
    if not isinstance(upload, FileStorage):
        raise Invalid("请以文件上传", fields={"file": ["须为文件"]})
    order = moves.locked(own(external_no).id)
    data = upload.stream.read(files.MOST_BYTES + 1)
    kept = files.add(_folder(), order, upload.filename or "", data, delivery.by_platform(caller().name))
    session.commit()
    return jsonify(_shown(kept)), 201


def _shown(kept: Attachment) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in pushing.OF_FILE}


@operation(
    door,
    "GET",
    "/orders/<external_no>/files",
    "一张工单的附件目录",
    scope=Scope.READ,
    answers={200: schemas.Files},
)
def list_files(external_no: str) -> ResponseReturnValue:
    return jsonify(files=[_shown(kept) for kept in files.of_order(own(external_no).id)])


@operation(door, "GET", "/orders/<external_no>/files/<ref>", "下载附件", scope=Scope.READ, answers={200: None})
def read_file(external_no: str, ref: str) -> ResponseReturnValue:
    db.declare_reader(False)  # who read a file is written down
    found, data = files.read(_folder(), own(external_no), ref, None)
    session.commit()
    return attachment(found.name, found.media_type, data)


def _folder() -> Any:
    return current_app.config["HOTLINE"].attachments_dir
