"""The command line: `scorebundle COMMAND`, one file per command.

Exit codes: 0 done; 1 a check failed or rows were refused; 2 wrong usage, or a file that cannot
be read or used. Every error is one line on stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from scorebundle.bundle import ScoreBundleError
from scorebundle.runtime.formats.errors import FormatError

from . import check, doctor, import_, inspect, pmml, score, verify, warmup
from .failure import USAGE, Failure

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
READER_GONE = 141
"""128 + SIGPIPE: whoever read our output closed it, as `head` does."""

EPILOG = """examples:
  scorebundle inspect model.zip                  what is in a bundle
  scorebundle verify model.zip                   does it still score as it did in training?
  scorebundle score model.zip rows.csv -o scores.csv
  cat rows.jsonl | scorebundle score model.zip - --format jsonl --select predict
  scorebundle pmml model.zip -o model.pmml       the same model for other engines
  scorebundle import model.ubj -o model.zip      a model file of XGBoost becomes a bundle
  scorebundle check pipeline.joblib              can it be exported, and how exactly?
  scorebundle import model.pmml -o model.zip     a bundle of a PMML document
  scorebundle warmup                             build the kernels now, e.g. in an image
  scorebundle doctor                             which kernels are in use, and why

exit codes: 0 done, 1 a check failed or rows were refused, 2 wrong usage or unusable file"""


class _Parser(argparse.ArgumentParser):
    """argparse with one-line errors."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)

    def error(self, message: str) -> NoReturn:
        raise Failure(f"{message}; see `{self.prog} --help`", USAGE)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"scorebundle {version('scorebundle')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; `argv` defaults to the process's arguments."""
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except Failure as failure:
        return _report(str(failure), failure.code)
    except BrokenPipeError:
        # Python flushes stdout again at exit, which must not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        return _report(_reason(error), USAGE)
    except (ScoreBundleError, FormatError, RuntimeError) as error:  # the last: no kernels
        return _report(str(error), USAGE)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="scorebundle",
        description="Look into, check and run model bundles, without the training library.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for command in (inspect, verify, score, pmml, check, import_, warmup, doctor):
        command.add(commands)
    return parser


def _report(message: str, code: int) -> int:
    print(f"scorebundle: error: {' '.join(message.split())}", file=sys.stderr)
    return code


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
