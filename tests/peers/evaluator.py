"""An evaluator of PMML in a process of its own, in an environment of its own.

    evaluator.py jpmml_evaluator|pypmml

Reads requests from standard input, a line of JSON each: `{"document": text, "columns": {name:
cells}}`; a missing cell is null. Answers each with a line: `{"columns": {name: cells}, "errors":
{row: text}}`, or `{"refused": text}` if it cannot load the document.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

Columns = dict[str, list[Any]]
Answer = dict[str, Any]


def jpmml_evaluator() -> Callable[[str, Columns], Answer]:
    """JPMML-Evaluator inside this process (JPype)."""
    package: Any = importlib.import_module("jpmml_evaluator")
    backend = package.make_backend("jpype")
    score = package.PythonEvaluatorUtil.evaluateAll

    def answer(document: str, columns: Columns) -> Answer:
        try:
            evaluator = package.make_evaluator(document.encode(), backend=backend).javaEvaluator
        except Exception as error:
            return {"refused": str(error)}
        rows = {"columns": list(columns), "data": list(columns.values())}
        found = score(backend, evaluator, rows, None, 1)
        errors = found["errors"] or []
        return {
            "columns": dict(zip(found["columns"], map(list, found["data"]), strict=True)),
            "errors": {row: text for row, text in enumerate(errors) if text is not None},
        }

    return answer


def pypmml() -> Callable[[str, Columns], Answer]:
    """PMML4S in a process of Java beside this one."""
    package: Any = importlib.import_module("pypmml")

    def answer(document: str, columns: Columns) -> Answer:
        try:
            model = package.Model.fromString(document)
        except Exception as error:
            return {"refused": str(error)}
        table: dict[str, Any] = {
            "columns": list(columns),
            "data": list(zip(*columns.values(), strict=True)),
        }
        try:
            found = by_row(model, table) if loses_missing(columns) else in_one(model, table)
        except Exception as error:
            count = len(table["data"])
            return {"columns": {}, "errors": dict.fromkeys(range(count), str(error))}
        return {"columns": found, "errors": {}}

    return answer


def loses_missing(columns: Columns) -> bool:
    """Whether a boolean is missing, which pypmml's tables take for false."""
    return any(None in cells and (True in cells or False in cells) for cells in columns.values())


def in_one(model: Any, table: Any) -> Columns:
    """All rows in one call."""
    found = json.loads(model.predict(json.dumps(table)))
    cells = zip(*found["data"], strict=True)
    return dict(zip(found["columns"], map(list, cells), strict=True))


def by_row(model: Any, table: Any) -> Columns:
    """A call per row."""
    names = table["columns"]
    found = [model.predict(dict(zip(names, row, strict=True))) for row in table["data"]]
    return {name: [row[name] for row in found] for name in found[0]}


def plain(value: Any) -> Any:
    """What JSON cannot hold, as text."""
    return value.item() if hasattr(value, "item") else str(value)


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what Java prints is no answer
    evaluate = {"jpmml_evaluator": jpmml_evaluator, "pypmml": pypmml}[sys.argv[1]]()
    for line in sys.stdin:
        request = json.loads(line)
        answer = evaluate(request["document"], request["columns"])
        print(json.dumps(answer, default=plain), file=answers)


if __name__ == "__main__":
    main()
