"""Where an evaluator is wrong, by name, with the reason.

A case that is listed here and agrees fails: the evaluator was mended, and the line can go.
"""

from __future__ import annotations

from typing import Final

DOUBLE: Final = "computes fields of type float in double"
FAR_KNOT: Final = "interpolates from the upper knot, which leaves no digits over 7e-15"
DOMAIN: Final = "refuses a row where a probability is not within 0 and 1, instead of missing"
MLP: Final = "MLPClassifier({}hidden_layer_sizes=(5, 3), max_iter=20,{}random_state=0)|{}"

WRONG: Final[dict[str, dict[str, str]]] = {
    "jpmml_evaluator": {"operator ndtri": DOMAIN},
    "pypmml": {
        "operator ndtri": DOMAIN,
        MLP.format("activation='identity', ", "\n              ", "two classes float32"): DOUBLE,
        MLP.format("", " ", "two classes float32"): DOUBLE,
        "QuantileTransformer(uniform, 60)|whole numbers": FAR_KNOT,
        "QuantileTransformer(normal, 60)|whole numbers": FAR_KNOT,
    },
}
