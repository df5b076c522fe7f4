"""Trees are read as columns where they are plain, in pieces, and in bounded memory."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError
from scorebundle.pmml.reader import read_bundle
from scorebundle.pmml.reading import forest, parsing, planting
from scorebundle.runtime import Runtime

from .pmml_documents import document

FIELDS = {"y": "double", "a": "double", "f": "float", "n": "integer", "s": "string"}
PAIRS = (("lessThan", "greaterOrEqual"), ("greaterThan", "lessOrEqual"))
STRATEGIES = ("none", "lastPrediction", "nullPrediction", "defaultChild")
ENDS = ("returnNullPrediction", "returnLastPrediction")


def nodes(random: Any, depth: int, name: str = "0", predicate: str = "<True/>") -> str:
    """A Node and all below: children with opposite predicates, with True at last, or neither."""
    score = f' score="{random.normal():.3f}"' if not depth or random.random() < 0.7 else ""
    if not depth:
        return f'<Node id="{name}"{score}>{predicate}</Node>'
    default = name + random.choice(["l", "r"])
    left, right = predicates(random)
    sides = [nodes(random, depth - 1, name + "l", left)]
    if random.random() < 0.9:
        sides.append(nodes(random, depth - 1, name + "r", right))
    else:
        default = name + "l"
    return f'<Node id="{name}" defaultChild="{default}"{score}>{predicate}{"".join(sides)}</Node>'


def predicates(random: Any) -> tuple[str, str]:
    """Of two children."""
    field = str(random.choice(["a", "f", "n", "s"]))
    if field == "s":
        words = random.choice(["x", "y", "z"], 2).tolist()
        if random.random() < 0.5:
            simple = f'<SimplePredicate field="s" operator="%s" value="{words[0]}"/>'
            left, right = simple % "equal", simple % "notEqual"
        else:
            array = f'<Array n="2" type="string">{" ".join(words)}</Array>'
            among = f'<SimpleSetPredicate field="s" booleanOperator="%s">{array}'
            left, right = (among % each + "</SimpleSetPredicate>" for each in ("isIn", "isNotIn"))
    else:
        simple = (
            f'<SimplePredicate field="{field}" operator="%s" value="{random.integers(-3, 4)}"/>'
        )
        left, right = (simple % each for each in PAIRS[random.integers(2)])
    other = random.random()
    if other < 0.3:
        return left, "<True/>"
    return (left, predicates(random)[0]) if other < 0.4 else (left, right)


def forest_of(random: Any, count: int, strategy: str, end: str, method: str = "sum") -> bytes:
    """A document of that many trees."""
    attributes = f'missingValueStrategy="{strategy}" noTrueChildStrategy="{end}"'
    trees = "".join(
        f'<Segment><True/><TreeModel functionName="regression" {attributes}>MINING'
        f"{nodes(random, 4)}</TreeModel></Segment>\n"
        for _ in range(count)
    )
    return document(
        f'<MiningModel functionName="regression">MINING<Segmentation '
        f'multipleModelMethod="{method}">{trees}</Segmentation></MiningModel>',
        FIELDS,
    )


def rows(random: Any) -> dict[str, list[Any]]:
    """Rows with missing values."""
    numbers = random.choice([*range(-4, 5), 0.5, None], (3, 200)).tolist()
    words = random.choice(["x", "y", "z", "other", None], 200).tolist()
    return {"a": numbers[0], "f": numbers[1], "n": _whole(numbers[2]), "s": words}


def _whole(cells: list[Any]) -> list[Any]:
    return [None if cell is None else int(cell) for cell in cells]


@pytest.mark.parametrize("strategy, end", itertools.product(STRATEGIES, ENDS))
def test_columns_say_what_nodes_say(
    strategy: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(7)
    source, table = forest_of(random, 12, strategy, end), rows(random)
    used: list[bool] = []

    def planted(*given: Any) -> Any:
        found = planting.planted(*given)
        used.append(found is not None)
        return found

    monkeypatch.setattr(forest, "planted", planted)
    quick = Runtime.load(read_bundle(source)).score(table)
    assert any(used)
    monkeypatch.setattr(forest, "planted", lambda *_: None)
    slow = Runtime.load(read_bundle(source)).score(table)
    np.testing.assert_array_equal(quick["predict"], slow["predict"])


PIECES = (
    b'<?xml version="1.0" encoding="%s"?>\n<!-- <TreeModel><Node> -->\n'
    b'<p:PMML xmlns:p="http://www.dmg.org/PMML-4_4" version="4.4"><p:Header/><p:DataDictionary>'
    b'<p:DataField name="s" optype="categorical" dataType="string"/></p:DataDictionary>'
    b'<p:TreeModel functionName="regression"><p:MiningSchema><p:MiningField name="s"/>'
    b"</p:MiningSchema><p:Node score=\"1\"><p:True/><!-- </p:Node> --><p:Node score='2'>"
    b'<p:SimplePredicate value="&lt;\xc3\xb8&#62;" operator="equal" field="s"/></p:Node><p:Node '
    b'score="3"><p:SimpleSetPredicate field="s" booleanOperator="isIn"><p:Array type="string">'
    b'a "b c"</p:Array></p:SimpleSetPredicate></p:Node></p:Node><p:Extension/></p:TreeModel>'
    b"</p:PMML>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_a_document_is_read_in_pieces_of_any_size(
    chunk: int, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (PIECES % encoding.encode()).decode()
    path = tmp_path / "model.pmml"
    path.write_bytes(text.encode(encoding))
    monkeypatch.setattr(parsing, "CHUNK", chunk)
    scores = Runtime.load(str(path)).score({"s": ["<ø>", "b c", "a", "b"]})
    np.testing.assert_array_equal(scores["predict"], [2, 3, 3, np.nan])


def test_what_breaks_in_a_tree_is_refused_with_its_line() -> None:
    random = np.random.default_rng(0)
    source = forest_of(random, 3, "none", "returnNullPrediction")
    first = source.index(b"<SimplePredicate ", source.index(b"</Segment>"))
    line = source[:first].count(b"\n") + 1
    with pytest.raises(BundleError, match=rf"line {line}\)"):
        read_bundle(source[:first] + source[first:].replace(b'field="', b'field="no', 1))
    with pytest.raises(BundleError, match="not well-formed"):
        read_bundle(source[:first] + b"<" + source[first:])
    with pytest.raises(BundleError, match="not well-formed"):
        read_bundle(source[:first])


GROWTH = """
import resource, sys
from scorebundle.pmml.reader import read_bundle
most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = most()
read_bundle(sys.argv[1])
print(most() - before)
"""


def test_memory_is_bounded_by_what_becomes_of_the_trees(tmp_path: Path) -> None:
    source = forest_of(np.random.default_rng(0), 20, "defaultChild", "returnNullPrediction")
    first, last = source.index(b"<Segment>"), source.rindex(b"</Segment>") + 10
    path = tmp_path / "large.pmml"
    copies = 16_000_000 // (last - first)
    path.write_bytes(source[:first] + source[first:last] * copies + source[last:])
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 60  # megabytes; as objects, these trees take 300
