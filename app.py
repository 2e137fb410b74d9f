"""The application factory. Nothing runs at import."""

import os
import sys

from click import Command
from flask import Blueprint, Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate

from hotline import audit_commands, broker, db, logs, privacy, reference
from hotline import config as configuration
from hotline.config import BadConfiguration, Config
from hotline.demo import commands as demo_commands
from hotline.demo import traffic
from hotline.ivr import commands as ivr_commands
from hotline.people import commands as people_commands
from hotline.places import home
from hotline.statistics import bulletin_commands, counting_commands, exports, house
from hotline.telephony import commands as telephony_commands
from hotline.web import admin, bulletin, desk, exchange, gate, ops, orders, phone, wallboard
from hotline.web.ops import access
from hotline.workorders import commands as order_commands
from hotline.workorders import posting

# One door per kind of user; the gate refuses to start with a route that hangs on no guard.
DOORS: tuple[Blueprint, ...] = (
    phone.door,
    phone.prompts_door,
    ops.door,
    admin.door,
    desk.door,
    desk.records_door,
    wallboard.door,
    bulletin.door,
    bulletin.reporting.reporters,
    exchange.door,
    exchange.papers,
    orders.door,
)

COMMANDS: tuple[Command, ...] = (
    reference.commands,
    people_commands.commands,
    ivr_commands.commands,
    audit_commands.commands,
    counting_commands.commands,
    demo_commands.commands,
    traffic.simulate,
    telephony_commands.simulator,
    bulletin_commands.commands,
    *order_commands.groups,
)


def create_or_tell() -> Flask | None:
    """The application with its log going, for a process of ours; None where the configuration is bad, which is said."""
    try:
        app = create_app()
    except BadConfiguration as fault:
        sys.stderr.write(f"{fault}\n")
        return None
    logs.configure()
    return app


def create_app(config: Config | None = None) -> Flask:
    """Build the web application for `config` (default: read from the environment)."""
    config = config or configuration.from_environment()
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        logs.configure()  # a command's standard output is its result, never a log
    config.data_dir.mkdir(parents=True, exist_ok=True)
    privacy.configure(config.data_keys)
    home.configure(config)
    house.configure(config)
    exports.configure(config.data_dir / "exports")
    posting.configure(config)
    broker.configure(config.redis_url)
    app = Flask(__name__, static_folder="hotline/static", static_url_path="/static")
    app.config.update(
        HOTLINE=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(config.database_url),
        BOOTSTRAP_SERVE_LOCAL=True,
        MAX_CONTENT_LENGTH=20 * 2**20,
    )
    db.db.init_app(app)
    Migrate(app, db.db, directory=str(configuration.ROOT / "hotline" / "migrations"))
    Bootstrap5(app)
    access.init_app(app)
    for door in DOORS:
        app.register_blueprint(door)
    gate.init_app(app)
    for commands in COMMANDS:
        app.cli.add_command(commands)
    return app
