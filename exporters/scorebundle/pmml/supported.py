"""docs/pmml.md: what the reader supports, element by element, from its registries.

`python -m scorebundle.pmml.supported` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from .reading.anomaly import ANOMALIES
from .reading.association import ALGORITHMS as RULE_ALGORITHMS
from .reading.association import FEATURES as RULE_FEATURES
from .reading.association import MEASURES
from .reading.distances import SIMILARITIES
from .reading.expressions import EXPRESSIONS
from .reading.forest import STRATEGIES
from .reading.functions import FUNCTIONS
from .reading.gaussian import KERNELS as COVARIANCES
from .reading.mining import METHODS
from .reading.models import register
from .reading.neural import ACTIVATIONS
from .reading.output import FEATURES
from .reading.prediction import MODELS
from .reading.regression import LINKS
from .reading.textmodel import GLOBAL
from .reading.textmodel import LOCAL as TERM_WEIGHTS
from .reading.timeseries import ALGORITHMS
from .reading.uncertain import STRATEGIES as UNCERTAIN
from .reading.vectors import KERNELS

HEAD = '''# PMML

Every bundle whose operators have a PMML form carries its model as PMML 4.4, valid against the
standard's schema and without vendor extensions: `bundle.to_pmml()`, or
`scorebundle pmml model.zip -o model.pmml`. Where there is none, `bundle.manifest.pmml` says why;
[coverage.md](coverage.md) has the form or the reason of each estimator. The rest of this page is
about reading.

`Runtime.load("model.pmml")` scores a PMML document of any producer, versions 3.0 to 4.4;
`scorebundle import model.pmml -o model.zip` makes a bundle of it, and bundle-serve takes such
files as it takes bundles. All three need lxml: `pip install 'scorebundle[pmml]'`.

```python
from scorebundle.runtime import Runtime

model = b"""<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header/>
<DataDictionary><DataField name="age" optype="continuous" dataType="double"/>
<DataField name="claims" optype="continuous" dataType="double"/></DataDictionary>
<RegressionModel functionName="regression">
<MiningSchema><MiningField name="age"/>
<MiningField name="claims" usageType="target"/></MiningSchema>
<RegressionTable intercept="132.37"><NumericPredictor name="age" coefficient="7.1"/>
</RegressionTable></RegressionModel></PMML>"""

runtime = Runtime.load(model, verify=True)  # a path does too; checks its ModelVerification
runtime.score([{"age": 41.0}, {"age": None}])["claims"]  # array([423.47,    nan])
```

- **Outputs.** Each OutputField and the target field is an output by its name; `predict` is the
  predicted value, `predict_proba` all probabilities in the order of the target's values. A missing
  result is NaN, or None for a label. An OutputField that repeats a text of the row says words that
  the document mentions; a row with another word is refused, unless `select` leaves that output
  out, and where the document mentions none there is no such output.
- **Rows.** Columns that the model does not know are ignored, absent ones are missing values. Text
  columns may hold numbers and booleans where the document's texts spell them, and numeric columns
  texts that spell numbers, true or false; a text that spells none is an invalid value. An empty
  text is missing unless the document lists it among the field's values. What `returnInvalid`
  refuses marks its row (`score(..., errors="mark")`) and no other; with `asMissing` a text that
  spells no number is missing, with any other treatment it is refused too. Outliers are treated
  where the value is valid; one that becomes missing is replaced as a missing value is.
- **Refusals.** What cannot be scored is refused when it is loaded, with element, line and rule.
- **Arithmetic.** Division by zero and the like give infinities as in IEEE 754; with
  `invalidValueTreatment="asMissing"` missing values. `x-mathContext="float"` computes in float32.
- **Time series.** The one input field is the number of steps ahead; without one, the first is
  predicted. A StateVector is the state at the first step; moving-average coefficients are added,
  and a constantTerm is the mean, as R's and statsmodels' exports mean them. The phase of a season
  is the last observation's place in it. A field of type string that would hold all steps as JSON
  is the asked step's number.
- **Association rules.** With a group field, or one active field that no item names, a row is a
  transaction and its cell the list of its items: `runtime.score({"item": ["Water", "Bread"]})`; a
  missing cell is refused. Else each active field tells of items: an item is named by its field and
  category, or its value is a field's name or `field=category`; a field alone is an item where it is
  true, T or 1. What lies above an item in the field's taxonomy is in the basket too. `antecedent`
  and `consequent` are texts, their items joined by commas; `rule` is `{Water,Bread}->{Coke}`. A
  multi-valued field is a list with a place for each rank, None or NaN where a row meets fewer
  rules; it has at most 256, and a row that meets more is refused. `predict` is what PMML's defaults
  say: the consequent of the most confident rule whose antecedent a row has, and whose consequent it
  has not.
- **Text models.** `predict` is the id of the nearest document, `affinity` the similarity or
  distance; `rank` asks for the next ones. A term is a field, which holds its frequency. Logarithms
  are decimal.
- **Safety.** A DOCTYPE is refused, nothing is fetched, regular expressions whose work has no bound
  are refused, and text never becomes code. A document may have up to 1 GiB.
- **Size.** A document is read in one pass, and trees of simple predicates become arrays as they
  pass by: 500 MB of trees take 25 s of one core and 0.8 GB, 7 times what they become. Trees with
  compound predicates are read one at a time, at a third of that speed.

This page is generated from the reader's registries (`python -m scorebundle.pmml.supported`).
'''

NOT_READ = [
    "SequenceModel, for which the standard states no result",
    "TextModel of a text instead of a field for each term",
    "BayesianNetworkModel whose target is a ContinuousNode, or with triangular or lognormal "
    "distributions, whose parameters the standard does not define",
    "BaselineModel of other test statistics than zValue, and with a window of rows",
    "TimeSeriesModel: DynamicRegressor, OutlierEffect, more than 1024 steps; ARIMA by "
    "exactLeastSquares whose KalmanState has no TransitionMatrix and MeasurementMatrix",
    "ClusteringModel of modelClass distributionBased, for which the standard states no formula",
    "TreeModel with missingValueStrategy aggregateNodes or weightedConfidence and models inside of "
    "Nodes",
    "Lag, and Aggregate over several records, as rows are scored one by one",
    "TextIndex: tokenize=false, localTermWeights augmentedNormalizedTermFrequency, recursive "
    "normalizations of several words or by regular expressions (other than of stop words), more "
    "than 2 typing errors",
    "formatDatetime of days and times in one pattern, or outside the years 1900 to 2099, and "
    "formatNumber of numbers that are not small whole ones",
    "TableLocator",
]


def page() -> str:
    """The page as Markdown."""
    register()
    for module in ("chains", "votes"):
        import_module(f"scorebundle.pmml.reading.{module}")
    sections: list[tuple[str, Iterable[str]]] = [
        ("Models", MODELS),
        ("Segmentation: multipleModelMethod", METHODS),
        ("Expressions", EXPRESSIONS),
        ("Functions, besides the document's own (DefineFunction)", FUNCTIONS),
        ("Output features", [*FEATURES, *(set(RULE_FEATURES) - set(FEATURES))]),
        ("Text models: localTermWeights", TERM_WEIGHTS),
        ("Text models: globalTermWeights", GLOBAL),
        ("Association rules: algorithm", RULE_ALGORITHMS),
        ("Association rules: rankBasis", MEASURES),
        ("Tree: missingValueStrategy", STRATEGIES | UNCERTAIN),
        ("Links and normalisation", [*LINKS, "softmax", "simplemax"]),
        ("Neural activation functions", [*ACTIVATIONS, "threshold", "radialBasis"]),
        (
            "Comparison measures",
            ["euclidean", "squaredEuclidean", "cityBlock", "chebychev", "minkowski", *SIMILARITIES],
        ),
        ("Support vector kernels", KERNELS),
        ("Time series: bestFit", ALGORITHMS),
        ("Anomaly detection: algorithmType", ANOMALIES),
        ("Gaussian process kernels", COVARIANCES),
    ]
    parts = [HEAD, *(f"## {title}\n\n{_listed(names)}\n" for title, names in sections)]
    parts.append("## Not read\n\n" + "\n".join(f"- {each}" for each in NOT_READ) + "\n")
    return "\n".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names, key=str.lower))


if __name__ == "__main__":
    print(page(), end="")
