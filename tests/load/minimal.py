"""What the voice webhook is measured against, with Flask and SQLAlchemy only: check, insert one row, answer."""

import os

from flask import Flask, abort, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Minimal(Base):
    __tablename__ = "minimal_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(unique=True)
    caller: Mapped[str]


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 40}
    db.init_app(app)
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKENS"])
    base = os.environ["PUBLIC_BASE_URL"]
    with app.app_context():
        Base.metadata.create_all(db.engine)

    @app.post("/phone/voice")
    def voice():
        form = request.form
        if not validator.validate(base + request.path, form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        db.session.add(Minimal(sid=form["CallSid"], caller=form["From"]))
        db.session.commit()
        answer = VoiceResponse()
        answer.say("hello", language="zh-CN")
        return str(answer), 200, {"Content-Type": "text/xml"}

    return app
