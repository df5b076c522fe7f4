"""GeneralRegressionModel: parameters of products of predictors, and link functions."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from scorebundle.bundle.graph import Value
from scorebundle.bundle.ops import Bin, Softmax

from .choices import largest
from .expressions import numeric
from .make import Maker
from .matrices import matrix_of
from .prediction import Prediction, model
from .regression import LINKS, weighted
from .scope import Scope
from .values import Number, Real, Text
from .xml import Element, child, children, needed, real, refuse, text

REGRESSIONS: Final = frozenset(["regression", "generalLinear", "generalizedLinear"])


@model("GeneralRegressionModel")
def general_regression(element: Element, scope: Scope) -> Prediction:
    """η = Σ β · Π predictors; its inverse link; probabilities."""
    kind = text(element, "modelType")
    design = _Design(element, scope)
    if kind in REGRESSIONS and element.get("functionName") != "classification":
        eta = _with_offset(design.total(None), element, scope)
        name = "identity" if kind != "generalizedLinear" else element.get("linkFunction")
        mean = _inverse_link(name, eta, element, scope.maker)
        return Prediction("regression", Number(_trials(mean, element, scope)))
    if kind == "CoxRegression":
        return _cox(design, element, scope)
    if kind == "ordinalMultinomial":
        return _ordinal(design, element, scope)
    if kind in ("multinomialLogistic", *REGRESSIONS):
        return _multinomial(design, kind, element, scope)
    refuse(element, f"modelType {kind!r:.40} is not known")


class _Design:
    """The predictors' values by parameter, and the parameters' coefficients."""

    def __init__(self, element: Element, scope: Scope) -> None:
        self.element, self.scope, self.maker = element, scope, scope.maker
        self.factors = {
            text(each, "name"): each for each in children(_part(element, "FactorList"), "Predictor")
        }
        self.cells: dict[str | None, dict[str, list[Element]]] = {}
        for cell in children(_part(element, "PPMatrix"), "PPCell"):
            of_target = self.cells.setdefault(cell.get("targetCategory"), {})
            of_target.setdefault(text(cell, "parameterName"), []).append(cell)
        self.coefficients = [
            (cell.get("targetCategory"), text(cell, "parameterName"), real(cell, "beta"))
            for cell in children(needed(element, "ParamMatrix"), "PCell")
        ]
        self._values: dict[tuple[str | None, str], Real] = {}

    def targets(self) -> list[str]:
        """The categories that have parameters of their own."""
        return list(dict.fromkeys(t for t, _, _ in self.coefficients if t is not None))

    def total(self, target: str | None, common: bool = True) -> Real:
        """Σ β · x over a category's parameters, and those of all categories."""
        terms, weights = [], []
        for owner, parameter, beta in self.coefficients:
            if owner == target or (common and owner is None):
                terms.append(self.value(target, parameter))
                weights.append(beta)
        return weighted(terms, weights, 0.0, self.maker)

    def value(self, target: str | None, parameter: str) -> Real:
        """The product of a parameter's predictors; 1 without any."""
        own = self.cells.get(target, {})
        cells = own.get(parameter) or self.cells.get(None, {}).get(parameter, [])
        key = (target if parameter in own else None, parameter)
        if key not in self._values:
            product: Real = 1.0
            for cell in cells:
                product = self.maker.times(product, self._predictor(cell))
            self._values[key] = product
        return self._values[key]

    def _predictor(self, cell: Element) -> Real:
        """A covariate to a power, or whether a factor has a value."""
        name, value = text(cell, "predictorName"), text(cell, "value")
        field, maker = self.scope.get(name, cell), self.maker
        factor = self.factors.get(name)
        if factor is None:
            x = numeric(field, maker)
            return maker.power(x, real(cell, "value"))
        matrix = child(factor, "Matrix")
        if matrix is not None:
            return self._contrast(factor, matrix, value, cell)
        from .expressions import absent

        here = equals(field, value, cell, maker)
        return maker.choose(absent(field, maker), math.nan, maker.indicator(here))

    def _contrast(self, factor: Element, matrix: Element, value: str, cell: Element) -> Real:
        """The entry of a contrast matrix: row by the field's category, column by the cell's."""
        from .mapping import positions

        name = text(factor, "name")
        field = self.scope.get(name, cell)
        listed = child(factor, "Categories")
        data = self.scope.reading.data.get(name)
        if listed is not None:
            names = [text(each, "value") for each in children(listed, "Category")]
        else:
            names = [] if data is None else list(data.valid)
        entries = matrix_of(matrix)
        if value not in names or entries.shape[0] != len(names):
            refuse(factor, "its Matrix does not fit the categories")
        column = names.index(value)
        if column >= entries.shape[1]:
            refuse(factor, "its Matrix has too few columns")
        code = positions(field, names, self.maker, cell)
        return self.maker.look_up(code, entries[:, column].copy(), math.nan)


def _part(element: Element, name: str) -> Any:
    found = child(element, name)
    return () if found is None else found


def _with_offset(eta: Real, element: Element, scope: Scope) -> Real:
    maker = scope.maker
    if element.get("offsetVariable") is not None:
        field = scope.get(text(element, "offsetVariable"), element)
        return maker.plus(eta, numeric(field, maker))
    if element.get("offsetValue") is not None:
        return maker.plus(eta, real(element, "offsetValue"))
    return eta


def _trials(mean: Real, element: Element, scope: Scope) -> Real:
    maker = scope.maker
    if element.get("trialsVariable") is not None:
        field = scope.get(text(element, "trialsVariable"), element)
        return maker.times(mean, numeric(field, maker))
    if element.get("trialsValue") is not None:
        return maker.times(mean, real(element, "trialsValue"))
    return mean


def _inverse_link(name: str | None, eta: Real, element: Element, maker: Maker) -> Real:
    if name in (None, "identity"):
        return eta
    if name == "log":
        return maker.unary("exp", eta)
    if name == "logc":
        return maker.minus(1.0, maker.unary("exp", eta))
    if name == "negbin":
        c = real(element, "distParameter")
        inner = maker.minus(maker.unary("exp", maker.times(eta, -1.0)), 1.0)
        return maker.over(1.0, maker.times(inner, c))
    if name in ("oddspower", "power"):
        d = real(element, "linkParameter")
        if name == "power":
            return maker.unary("exp", eta) if d == 0 else maker.power(eta, 1 / d)
        if d == 0:
            return maker.unary("expit", eta)
        inner = maker.power(maker.plus(maker.times(eta, d), 1.0), -1 / d)
        return maker.over(1.0, maker.plus(inner, 1.0))
    if name not in LINKS:
        refuse(element, f"linkFunction {name!r:.40} is not known")
    return LINKS[name](eta, maker)


def _categories(element: Element, design: _Design, scope: Scope) -> list[str]:
    """The target's categories; the reference, which has no parameters, is one."""
    from .models import target_name

    data = scope.reading.data.get(element.get("targetVariableName") or target_name(element) or "")
    stated = [] if data is None else list(data.valid)
    found = [*stated, *(t for t in design.targets() if t not in stated)]
    reference = element.get("targetReferenceCategory")
    if reference is not None and reference not in found:
        found.append(reference)
    return found


def _multinomial(design: _Design, kind: str, element: Element, scope: Scope) -> Prediction:
    """softmax of η, which is 0 for the reference category; of two, by the link function."""
    maker, categories = scope.maker, _categories(element, design, scope)
    own = design.targets()
    reference = element.get("targetReferenceCategory")
    if reference is None:
        rest = [each for each in categories if each not in own]
        reference = rest[-1] if rest else None
    if kind == "generalizedLinear" or (kind in REGRESSIONS and len(categories) == 2):
        if len(categories) != 2:
            refuse(element, "a link function needs two categories")
        target = own[0] if own else next(c for c in categories if c != reference)
        eta = _with_offset(design.total(target), element, scope)
        p = _inverse_link(element.get("linkFunction"), eta, element, maker)
        other = next(c for c in categories if c != target)
        table: dict[str, Real] = {target: p, other: maker.minus(1.0, p)}
    else:
        etas: list[Real] = []
        for each in categories:
            eta = 0.0 if each == reference else design.total(each)
            etas.append(eta if each == reference else _with_offset(eta, element, scope))
        found = maker.spread(maker.add(Softmax(), maker.matrix(etas)))
        table = dict(zip(categories, found, strict=True))
    value = largest(list(table), list(table.values()), maker)
    return Prediction("classification", value, table)


def _ordinal(design: _Design, element: Element, scope: Scope) -> Prediction:
    """P(Y ≤ category) is the inverse cumulative link of η; the last has the rest."""
    maker, categories = scope.maker, _categories(element, design, scope)
    link = element.get("cumulativeLink", "logit")
    if link not in LINKS:
        refuse(element, f"cumulativeLink {link!r:.40} is not known")
    before: Real = 0.0
    table: dict[str, Real] = {}
    for place, each in enumerate(categories):
        upto: Real = 1.0
        if place + 1 < len(categories):
            eta = _with_offset(design.total(each), element, scope)
            upto = LINKS[link](eta, maker)
        table[each] = maker.minus(upto, before)
        before = upto
    value = largest(list(table), list(table.values()), maker)
    return Prediction("classification", value, table)


def _cox(design: _Design, element: Element, scope: Scope) -> Prediction:
    """The cumulative hazard H₀(t) · exp(η), by the baseline table of the row's stratum."""
    maker = scope.maker
    tables = needed(element, "BaseCumHazardTables")
    time = numeric(scope.get(text(element, "endTimeVariable"), element), maker)
    strata = element.get("baselineStrataVariable")
    if strata is None:
        hazard = _baseline(tables, time, maker)
    else:
        hazard = math.nan
        field = scope.get(strata, element)
        for table in children(tables, "BaselineStratum"):
            here = equals(field, text(table, "value"), table, maker)
            hazard = maker.choose(here, _baseline(table, time, maker), hazard)
    risk = _referenced(maker.unary("exp", design.total(None)), design, maker)
    return Prediction("regression", Number(maker.times(hazard, risk)))


def _baseline(table: Element, time: Real, maker: Maker) -> Real:
    """The hazard of the last time up to t; 0 before the first, missing after maxTime."""
    cells = sorted(
        (real(each, "time"), real(each, "cumHazard")) for each in children(table, "BaselineCell")
    )
    if not cells:
        refuse(table, "needs a BaselineCell")
    times = np.array([start for start, _ in cells])
    if not isinstance(time, Value):
        refuse(table, "needs a time that is no constant")
    place = maker.add(Bin(times, "right"), time)
    hazard: Real = maker.look_up(place, np.array([0.0, *(h for _, h in cells)]), math.nan)
    latest = real(table, "maxTime", math.inf)
    late = maker.either(maker.compare("greater", time, latest), maker.absent(time))
    return maker.choose(late, math.nan, hazard)


def equals(field: Any, literal: str, where: Element, maker: Maker) -> Any:
    """Whether a field has the value that a literal spells."""
    from .fields import literal as number_of

    if isinstance(field, Text):
        return maker.one_of(field, [literal])
    return maker.compare("equal", field.value, number_of(literal, field.kind, where))


def _referenced(risk: Real, design: _Design, maker: Maker) -> Real:
    """Relative to the reference point that the ParameterList states."""
    points = {
        text(each, "name"): real(each, "referencePoint", 0.0)
        for each in children(_part(design.element, "ParameterList"), "Parameter")
    }
    shift = sum(beta * points.get(parameter, 0.0) for _, parameter, beta in design.coefficients)
    return maker.times(risk, math.exp(-shift)) if shift else risk
