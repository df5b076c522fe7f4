"""Every rule of `Trees`: a kernel follows these arrays without looking back."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorebundle.bundle.errors import Violation
from scorebundle.bundle.ops import Trees
from scorebundle.bundle.types import Type

from .bundles import Array, small_trees

GOOD = small_trees()
i32 = np.int32
LAST = 2**31 - 1
AROUND = [0, LAST, -LAST - 1, -1]
"""Ascends by steps that int32 arithmetic takes for positive, through a place far outside."""


def at(field: str, *changes: tuple[Any, Any]) -> dict[str, Array]:
    """One of the good arrays with some of its numbers changed."""
    array = np.array(getattr(GOOD, field))
    for place, number in changes:
        array[place] = number
    return {field: array}


VIOLATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("compare is unknown", {"compare": "gt"}, "compare: must be one of"),
    ("categories go nowhere", {"categories_go": "up"}, "categories_go: must be one of"),
    ("no outputs", {"outputs": 0}, "outputs: must be an integer from 1"),
    ("base is too long", {"base": np.zeros(2, np.float32)}, "base: must have one number per"),
    ("base has another dtype", {"base": np.zeros(1)}, "base: must have the values' dtype"),
    (
        "no trees but nodes",
        {"starts": np.zeros(0, i32), "target": np.zeros(0, i32)},
        "starts: nodes",
    ),
    ("first tree starts late", at("starts", (0, 1)), "starts: the first tree"),
    ("first tree starts before", at("starts", (0, -1)), "starts: the first tree"),
    ("a tree is empty", at("starts", (1, 0)), "starts: must ascend"),
    ("a tree starts at the end", at("starts", (1, 8)), "starts: a tree lies beyond"),
    ("a tree starts beyond", at("starts", (1, LAST)), "starts: a tree lies beyond"),
    ("target is negative", at("target", (0, -1)), "target: a tree writes beyond"),
    ("target is beyond", at("target", (1, 1)), "target: a tree writes beyond"),
    ("leaves hold no values", {"values": np.zeros((5, 0), np.float32)}, "values: must have 1 to"),
    ("leaves hold too much", {"values": np.zeros((5, 2), np.float32)}, "values: must have 1 to"),
    ("feature below −1", at("feature", (1, -2)), "feature: must be −1 or an index"),
    ("leaf row is negative", at("left", (1, -1)), "left: a leaf names a row"),
    ("leaf row is beyond", at("left", (7, 5)), "left: a leaf names a row"),
    ("leaf has a right child", at("right", (1, 2)), "right: must be −1 at a leaf"),
    ("leaf has a set", at("category_set", (1, 0)), "category_set: must be −1 at a leaf"),
    ("child is its parent", at("left", (3, 3)), "children must come after"),
    ("child is before its parent", at("right", (5, 3)), "children must come after"),
    ("child is negative", at("right", (0, -1)), "children must come after"),
    ("child is beyond the nodes", at("right", (5, 8)), "children must come after"),
    ("child is far beyond", at("left", (5, LAST)), "children must come after"),
    ("child is in the next tree", at("right", (0, 3)), "a child lies in another tree"),
    ("two parents", at("right", (0, 1)), "every node must have one parent"),
    ("grandchild is a child", at("left", (3, 6)), "every node must have one parent"),
    ("threshold is NaN", at("threshold", (0, np.nan)), "threshold: must not be NaN"),
    ("threshold of a leaf is NaN", at("threshold", (1, np.nan)), "threshold: must not be NaN"),
    ("no end of the sets", {"set_starts": np.zeros(0, i32)}, "set_starts: must hold at least"),
    ("sets start late", at("set_starts", (0, 1)), "set_starts: must begin at 0"),
    ("sets descend", {"set_starts": np.array([0, 3, 2], i32)}, "set_starts: must not descend"),
    ("sets end early", at("set_starts", (1, 1)), "set_starts: must end at the words"),
    ("sets end beyond", at("set_starts", (1, 3)), "set_starts: must end at the words"),
    ("set does not exist", at("category_set", (3, 1)), "category_set: names a set"),
    ("set is below −1", at("category_set", (0, -2)), "category_set: names a set"),
    ("one threshold too few", {"threshold": np.zeros(7, np.float32)}, "threshold: dimension nodes"),
    ("one default too many", {"default_left": np.zeros(9, bool)}, "default_left: dimension nodes"),
    ("one target too few", {"target": np.zeros(1, i32)}, "target: dimension trees"),
]


@pytest.mark.parametrize(
    "changes, rule", [case[1:] for case in VIOLATIONS], ids=[c[0] for c in VIOLATIONS]
)
def test_broken_trees_are_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Violation, match=rule):
        small_trees(**changes)


def test_starts_that_ascend_only_modulo_2_to_32_are_refused() -> None:
    starts = np.array([*AROUND, 3], i32)
    with pytest.raises(Violation, match="starts: must ascend"):
        small_trees(starts=starts, target=np.zeros(5, i32))


def test_category_sets_that_ascend_only_modulo_2_to_32_are_refused() -> None:
    with pytest.raises(Violation, match="set_starts: must not descend"):
        small_trees(set_starts=np.array([*AROUND, 2], i32))


def test_feature_must_be_a_column_of_the_input() -> None:
    assert GOOD.output(Type("float32", 2)) == Type("float32", 1)
    with pytest.raises(Violation, match="feature: must be below the width 1"):
        GOOD.output(Type("float32", 1))


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_input_must_be_floating(dtype: str) -> None:
    with pytest.raises(Violation, match="needs float32 or float64"):
        GOOD.output(Type(dtype, 2))


# What must be accepted


def test_no_trees_at_all_give_the_base() -> None:
    none = {name: array[:0] for name, array in GOOD.tensors().items() if name != "base"}
    trees = small_trees(**{**none, "set_starts": np.zeros(1, i32), "values": GOOD.values})
    assert trees.output(Type("float32", 1)) == Type("float32", 1)


def test_infinite_thresholds_are_scikit_learns_own() -> None:
    small_trees(compare="le", **at("threshold", (0, np.inf), (5, -np.inf)))


def test_threshold_that_nothing_is_less_than_is_refused() -> None:
    with pytest.raises(Violation, match="less than -inf"):
        small_trees(compare="lt", **at("threshold", (0, -np.inf)))


def test_leaves_may_share_a_row_of_values() -> None:
    small_trees(**at("left", (1, 0), (2, 0)))


def test_arrays_are_copied_and_read_only() -> None:
    mine = np.array(GOOD.threshold)
    trees = small_trees(threshold=mine)
    mine[0] = np.nan
    assert trees.threshold[0] == np.float32(0.5)
    with pytest.raises(ValueError, match="read-only"):
        trees.threshold[0] = 1


def walk(trees: Trees) -> int:
    """Visit every node as a kernel would, counting; never more than there are nodes."""
    seen = 0
    for root in trees.starts.tolist():
        stack = [root]
        while stack:
            node = stack.pop()
            seen += 1
            assert 0 <= node < len(trees.feature)
            assert seen <= len(trees.feature)
            if trees.feature[node] < 0:
                assert 0 <= trees.left[node] < len(trees.values)
                continue
            stack += [int(trees.left[node]), int(trees.right[node])]
            words = trees.category_set[node]
            assert words < 0 or 0 <= trees.set_starts[words] <= trees.set_starts[words + 1]
    return seen


integer_fields = ["starts", "target", "feature", "left", "right", "category_set", "set_starts"]
numbers = st.integers(-2, 9) | st.sampled_from([LAST, -LAST - 1, LAST - 1])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(integer_fields), st.integers(0, 7), numbers), max_size=4))
def test_trees_that_are_accepted_can_be_walked(changes: list[tuple[str, int, int]]) -> None:
    fields = copy.deepcopy({name: np.array(array) for name, array in GOOD.tensors().items()})
    for field, place, number in changes:
        fields[field][place % len(fields[field])] = number
    try:
        trees = small_trees(**fields)
    except Violation:
        return
    assert walk(trees) == len(trees.feature)
