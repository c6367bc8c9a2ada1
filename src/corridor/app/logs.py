"""Log set-up: structlog as JSON lines, or readable on a terminal; names that hold secrets are blanked."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from corridor.base.errors import SettingsError

_SECRET_NAMES: Final = frozenset({"authorization", "token", "password", "secret", "private_key", "management_token"})


def set_up_logs(level: str, file: Path | None) -> None:
    """Send every log line, ours and the libraries', to `file` or to standard error.

    Raises:
        SettingsError: the file cannot be opened for appending.
    """
    stream = _open(file)
    readable = file is None and stream.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _blank_secrets,
        structlog.processors.format_exc_info,
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def _open(file: Path | None) -> TextIO:
    if file is None:
        return sys.stderr
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise SettingsError(
            f"the log file cannot be opened: {(error.strerror or str(error)).lower()}",
            place=str(file),
            remedy="correct `log.file`",
        ) from None


def _blank_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if name.lower() in _SECRET_NAMES:
            event[name] = "[blanked]"
    return event
