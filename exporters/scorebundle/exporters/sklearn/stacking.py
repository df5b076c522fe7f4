"""sklearn.ensemble.Stacking*: an estimator on what others say."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import StackingClassifier, StackingRegressor

from ..columns import Columns
from ..export import Export
from ..registry import Outputs, Result, exports
from .members import Member, as_array, member, numbered, relabelled


def _stacked(estimator: Any, x: Columns, to: Export) -> Columns:
    """_concatenate_predictions: one block per estimator, and x behind if passed through."""
    names = [name for name, step in estimator.estimators if not isinstance(step, str)]
    methods = [method for method in estimator.stack_method_ if method is not None]
    blocks = [
        _block(estimator, member(step, x, to, name), method, to)
        for name, step, method in zip(names, estimator.estimators_, methods, strict=True)
    ]
    joined = Columns(to, ()).joined(blocks, sparse=False)
    return as_array(joined.joined([x], sparse=False) if estimator.passthrough else joined, to)


def _block(estimator: Any, each: Member, method: str, to: Export) -> Columns:
    """One estimator's output, without the first of two probabilities: it says nothing new."""
    result = each.outputs.get(method)
    if method == "predict_proba" and isinstance(result, Result):
        first = 1 if result.shape == "list" or len(estimator.classes_) == 2 else 0
        parts = [to.select(value, range(first, value.type.width)) for value in each.parts(method)]
        return Columns(to, ()).joined([Columns.of(to, part) for part in parts], sparse=False)
    return Columns.of(to, each.value(method))


@exports(StackingRegressor)
def stacking_regressor(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The final regressor's prediction."""
    blocks = _stacked(estimator, x, to)
    final = to.export(estimator.final_estimator_, blocks, "final_estimator")
    return {"predict": final["predict"], "transform": blocks}


@exports(StackingClassifier)
def stacking_classifier(estimator: Any, x: Columns, to: Export) -> Outputs:
    """The final classifier's outputs, which knows the classes by their positions."""
    blocks = _stacked(estimator, x, to)
    final = member(estimator.final_estimator_, blocks, to, "final_estimator")
    outputs: Outputs
    if isinstance(estimator._label_encoder, list):
        outputs = _multilabel(estimator, final, to)
    else:
        classes = estimator.classes_
        outputs = {"predict": relabelled(final.outputs["predict"], final.estimator, classes, to)}
        for name in final.outputs.keys() & {"predict_proba", "decision_function"}:
            outputs[name] = final.outputs[name]
    return {**outputs, "transform": blocks}


def _multilabel(estimator: Any, final: Member, to: Export) -> Outputs:
    """Labels of each target; of their probabilities, those of the first class."""
    codes = [to.cast(code, "int64") for code in final.parts("predict")]
    if len(codes) == 1:
        codes = [to.select(codes[0], [i]) for i in range(len(estimator.classes_))]
    pairs = zip(codes, estimator.classes_, strict=True)
    outputs: Outputs = {
        "predict": Result(
            (to.concat([numbered(code, classes, to) for code, classes in pairs]),), "matrix"
        )
    }
    result = final.outputs.get("predict_proba")
    if isinstance(result, Result) and result.shape == "list":
        firsts = [to.select(value, [0]) for value in result.values]
        outputs["predict_proba"] = Result((to.concat(firsts),), "matrix")
    return outputs
