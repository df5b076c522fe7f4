"""PMML TextModel: the documents nearest to a row, against the standard's formulas in numpy."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

from scorebundle.bundle import BundleError

from .pmml_documents import document, scores

TERMS = ["sun", "rain", "snow", "wind"]
COUNTS = np.array([[3.0, 0, 0, 1], [0, 2, 0, 5], [1, 1, 4, 0], [0, 0, 0, 2], [2, 1, 0, 0]])
NAMES = "abcde"
LOCAL = ["termFrequency", "binary", "logarithmic", "augmentedNormalizedTermFrequency"]
GLOBAL = ["none", "inverseDocumentFrequency", "GFIDF", "normal", "probabilisticInverse"]


def model(similarity: str, normalization: str = "", output: str = "") -> bytes:
    """A TextModel of that corpus."""
    rows = "".join(f"<Array>{' '.join(map(str, row))}</Array>" for row in COUNTS)
    documents = "".join(f'<TextDocument id="{name}" name="{name} day"/>' for name in NAMES)
    body = (
        '<TextModel functionName="clustering" numberOfTerms="4" numberOfDocuments="5">MINING'
        f"{output}<TextDictionary><Array>{' '.join(TERMS)}</Array></TextDictionary>"
        f"<TextCorpus>{documents}</TextCorpus><DocumentTermMatrix><Matrix>{rows}</Matrix>"
        f"</DocumentTermMatrix>{normalization}"
        f'<TextModelSimiliarity similarityType="{similarity}"/></TextModel>'
    )
    return document(body, dict.fromkeys(TERMS, "double"))


def weights(f: np.ndarray, local: str, over: str, unit: bool) -> np.ndarray:
    """l · g · d."""
    there, n = (COUNTS > 0).sum(0), len(COUNTS)
    chi = (f > 0).astype(float)
    weighted: np.ndarray = {
        "termFrequency": f,
        "binary": chi,
        "logarithmic": np.log10(1 + f),
        "augmentedNormalizedTermFrequency": (chi + f / f.max(1, keepdims=True)) / 2,
    }[local] * {
        "none": 1.0,
        "inverseDocumentFrequency": np.log10(n / there),
        "GFIDF": COUNTS.sum(0) / there,
        "normal": 1 / np.sqrt((COUNTS**2).sum(0)),
        "probabilisticInverse": np.log10((n - there) / there),
    }[over]
    return weighted / np.linalg.norm(weighted, axis=1, keepdims=True) if unit else weighted


@pytest.mark.parametrize("similarity", ["cosine", "euclidean"])
@pytest.mark.parametrize(("local", "over"), product(LOCAL, GLOBAL))
def test_the_nearest_documents(local: str, over: str, similarity: str) -> None:
    fields = "".join(
        f'<OutputField name="id{rank}" feature="entityId" rank="{rank}" dataType="string"/>'
        f'<OutputField name="near{rank}" feature="affinity" rank="{rank}" dataType="double"/>'
        for rank in (1, 2, 5)
    )
    fields += '<OutputField name="c" feature="affinity" value="c" dataType="double"/>'
    fields += '<OutputField name="shown" feature="predictedDisplayValue" dataType="string"/>'
    chance = np.random.default_rng(7)
    for unit in (False, True):
        normalization = (
            f'<TextModelNormalization localTermWeights="{local}" globalTermWeights="{over}" '
            f'documentNormalization="{"cosine" if unit else "none"}"/>'
        )
        f = chance.integers(0, 5, (20, 4)) + np.array([0.0, 1, 0, 0])
        rows = [dict(zip(TERMS, row.tolist(), strict=True)) for row in f]
        made = model(similarity, normalization, f"<Output>{fields}</Output>")
        x, p = weights(f, local, over, unit), weights(COUNTS, local, over, unit)
        if similarity == "cosine":
            near = x @ p.T / np.linalg.norm(x, axis=1)[:, None] / np.linalg.norm(p, axis=1)
        else:
            near = -np.linalg.norm(x[:, None] - p, axis=2)
        for each, found in zip(near, scores(made, *rows), strict=True):
            order = np.argsort(-each.round(12), kind="stable")
            sign = 1 if similarity == "cosine" else -1
            for rank in (1, 2, 5):
                best = each[order[rank - 1]]
                assert found[f"near{rank}"] == pytest.approx(sign * best, rel=1e-12, abs=1e-12)
                if (np.abs(each - best) < 1e-12).sum() == 1:
                    assert found[f"id{rank}"] == NAMES[order[rank - 1]]
            assert found["c"] == pytest.approx(sign * each[2], rel=1e-12, abs=1e-12)
            assert found["shown"] == f"{found['predict']} day"


def test_nothing_is_near_a_row_without_numbers() -> None:
    missing: dict[str, Any] = {**dict.fromkeys(TERMS, 1.0), "sun": None}
    field = '<Output><OutputField name="s" feature="affinity" dataType="double"/></Output>'
    for similarity in ("cosine", "euclidean"):
        (row,) = scores(model(similarity, output=field), missing)
        assert row["predict"] is None
        assert math.isnan(row["s"])
    (row,) = scores(model("cosine", output=field), dict.fromkeys(TERMS, 0.0))
    assert row["predict"] is None


def test_what_cannot_be_scored() -> None:
    broken = {
        "similarityType must be": model("other"),
        "does not fit the documents": model("cosine").replace(b'<TextDocument id="a"', b'<X a="a"'),
        "there is no field 'fog'": model("cosine").replace(b"<Array>sun", b"<Array>fog"),
        "is not known": model("cosine", '<TextModelNormalization globalTermWeights="x"/>'),
    }
    for why, made in broken.items():
        with pytest.raises(BundleError, match=why):
            scores(made, {})
