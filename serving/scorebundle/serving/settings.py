"""The server's options: one table; flags go before the environment, that before the TOML file."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

PORT: Final = 65327
"""MLeap Serving's port."""
PREFIX: Final = "BUNDLE_SERVE_"

EPILOG = """examples:
  bundle-serve --model-root /models
  bundle-serve --state /var/lib/bundle-serve --model churn=/models/churn.zip --workers 2
  curl -XPUT -H "content-type: application/json" \\
       -d '{"path":"/models/churn.zip"}' http://localhost:65327/model

Every option can also be set in the environment (BUNDLE_SERVE_MODEL_ROOT, ...) and in a TOML file
(model-root = "/models"; [model] churn = "/models/churn.zip"). A flag goes before the environment,
the environment before the file."""


class Usage(Exception):
    """An option cannot be used; says which and why."""


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a whole number is expected")
    return int(text)


def _positive(text: str) -> int:
    number = _natural(text)
    if number < 1:
        raise ValueError("at least 1 is expected")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 1e6:
        raise ValueError("a number of seconds is expected")
    return number


def _size(text: str) -> int:
    """Bytes: 1048576, 64K, 16M, 2G."""
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    return _positive(text[:-1]) << unit if unit else _positive(text)


def _flag(text: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in known:
        raise ValueError("true or false is expected")
    return known[text.lower()]


def _path(text: str) -> Path | None:
    return Path(text) if text else None


class Option(NamedTuple):
    """One option.

    Attributes:
        name: of the flag; the environment's and the file's follow from it.
        default: as text.
        read: makes a value of the text; ValueError says what is expected.
        about: for --help.
    """

    name: str
    default: str
    read: Callable[[str], Any]
    about: str


OPTIONS: Final = (
    Option("host", "127.0.0.1", str, "address to listen on; 0.0.0.0 for every one"),
    Option("port", str(PORT), _natural, "port to listen on"),
    Option("workers", "1", _positive, "processes that serve the same models"),
    Option("threads", "1", _positive, "threads per process that score large requests"),
    Option("model-root", "/models", Path, "folder whose files PUT /model may name"),
    Option("open-path", "true", _flag, "whether PUT /model needs no token"),
    Option("models", "", _path, "folder of models to load: zips, or unpacked bundles"),
    Option("watch", "0", _seconds, "seconds between looks for changed models; 0: never"),
    Option("state", "", _path, "folder that keeps models through restarts"),
    Option("keep", "5", _positive, "versions kept per model"),
    Option("max-body", "1G", _size, "largest uploaded bundle in bytes (K, M, G)"),
    Option("max-request", "64M", _size, "largest body of any other request"),
    Option("max-rows", "100000", _positive, "most rows in a request"),
    Option("max-connections", "1000", _positive, "most open connections per process"),
    Option("queue", "64", _natural, "large requests that may wait; more are answered 503"),
    Option("header-timeout", "10", _seconds, "seconds for a request's head"),
    Option("body-timeout", "60", _seconds, "seconds for a request's body"),
    Option("keep-alive", "30", _seconds, "seconds that an idle connection stays open"),
    Option("drain-delay", "0", _seconds, "seconds to answer on, not ready, after SIGTERM"),
    Option("drain-timeout", "30", _seconds, "seconds for requests in flight to end then"),
    Option("load-memory", "2G", _size, "memory that opening an upload may take"),
    Option("load-timeout", "60", _positive, "seconds that opening an upload may take"),
    Option("admin-token-file", "", _path, "file with the token for changing models"),
    Option("score-token-file", "", _path, "file with the token for everything else"),
    Option("tls-certificate", "", _path, "PEM file: serve HTTPS"),
    Option("tls-key", "", _path, "PEM file of its key"),
    Option("tls-client-ca", "", _path, "PEM file: ask clients for a certificate of this CA"),
    Option("access-log", "", str, "file for a JSON line per request; - for stdout"),
    Option("otel", "false", _flag, "trace requests with OpenTelemetry (needs the extra)"),
)


class Settings:
    """The values of all options, as attributes: `settings.model_root`.

    Attributes:
        model: path of a zip or folder by model name.
        admin_token, score_token: from their files or the environment; None if there is none.
    """

    model: dict[str, Path]
    admin_token: str | None
    score_token: str | None

    def __init__(self, texts: Mapping[str, str], model: Mapping[str, str]) -> None:
        """Read every option's text.

        Raises:
            Usage: naming the option and what is expected.
        """
        for option in OPTIONS:
            text = texts.get(option.name, option.default)
            try:
                setattr(self, option.name.replace("-", "_"), option.read(text))
            except ValueError as error:
                raise Usage(f"{option.name}: {text!r:.80}: {error}") from None
        self.model = {name: Path(path) for name, path in model.items()}
        self.admin_token = _token("admin", self.admin_token_file)
        self.score_token = _token("score", self.score_token_file)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _token(kind: str, file: Path | None) -> str | None:
    token = os.environ.get(f"{PREFIX}{kind.upper()}_TOKEN", "")
    if file is not None:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"{kind}-token-file: {error}") from None
        if not token:
            raise Usage(f"{kind}-token-file: {file} is empty")
    return token or None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message}; see `bundle-serve --help`")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = _Parser(
        prog="bundle-serve",
        description="Serve model bundles over HTTP.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--version", action="version", version=metadata.version("scorebundle"))
    result.add_argument("--config", metavar="FILE", help="TOML file with options")
    result.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a zip, or the folder that came out of one; may be given several times",
    )
    for option in OPTIONS:
        about = f"{option.about} (default: {option.default or 'none'})"
        if option.read is _flag:
            action = argparse.BooleanOptionalAction
            result.add_argument(f"--{option.name}", action=action, default=None, help=about)
        else:
            name = option.name.rpartition("-")[2].upper()
            result.add_argument(f"--{option.name}", default=None, metavar=name, help=about)
    return result


def read(arguments: Sequence[str] | None = None) -> Settings:
    """The settings of a command line, the environment and the file that they name.

    Raises:
        Usage: naming the option that cannot be used.
    """
    given = vars(parser().parse_args(arguments))
    file = _file(given["config"] or os.environ.get(f"{PREFIX}CONFIG"))
    texts, models = {}, dict(file.pop("model", {}))
    for option in OPTIONS:
        variable = PREFIX + option.name.upper().replace("-", "_")
        flag = given[option.name.replace("-", "_")]
        for value in (flag, os.environ.get(variable), file.pop(option.name, None)):
            if value is not None:
                texts[option.name] = str(value)
                break
    if file:
        raise Usage(f"{next(iter(file))} is not an option of the configuration file")
    in_environment = os.environ.get(f"{PREFIX}MODEL", "").split()
    for text in [*in_environment, *given["model"]]:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise Usage(f"model: {text!r:.80}: NAME=PATH is expected")
        models[name] = path
    return Settings(texts, models)


def _file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise Usage(f"config: {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Usage(f"config: {path}: {error}") from None
    if not isinstance(document.get("model", {}), dict):
        raise Usage("config: model is a table of paths by name")
    return document
