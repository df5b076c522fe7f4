"""sklearn.naive_bayes."""

from __future__ import annotations

from collections.abc import Iterator

from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from .case import Case

CLASSES = ("two classes", "three classes", "text labels", "bool labels", "float labels")


def cases() -> Iterator[Case]:
    """Every row."""
    for gaussian in (GaussianNB(), GaussianNB(var_smoothing=0.1)):
        for data in (*CLASSES, "three classes float32", "small integers", "one feature"):
            yield Case(repr(gaussian), gaussian, data)
    yield Case("GaussianNB priors", GaussianNB(priors=[0.25, 0.75, 0.0]), "three classes")
    for discrete in (
        MultinomialNB(),
        MultinomialNB(fit_prior=False, alpha=0.3),
        MultinomialNB(class_prior=[0.5, 0.5, 0]),
        ComplementNB(),
        ComplementNB(norm=True),
        BernoulliNB(),
        BernoulliNB(binarize=0.7),
        CategoricalNB(),
        CategoricalNB(min_categories=30, alpha=0.5),
    ):
        for data in ("counts", "counts float32", "counts as integers"):
            yield Case(repr(discrete), discrete, data)
    for discrete in (MultinomialNB(), ComplementNB(), BernoulliNB(), CategoricalNB()):
        for data in ("counts of two classes", "one class"):
            yield Case(repr(discrete), discrete, data)
    yield Case("BernoulliNB(binarize=None)", BernoulliNB(binarize=None), "booleans with classes")
