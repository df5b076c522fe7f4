"""Operators that solve a small problem for each row, step by step.

Each takes at most `rounds` steps, and a row's work is bounded by `MAX_WORK`. float32 rows are
solved in float64, and the result is rounded. Where to stop is a comparison of rounded numbers, so
their contracts are measured: see each.
"""

from __future__ import annotations

import numpy as np

from ..fields import Array, Operator, choice, integer, require, tensor
from ..types import MAX_WIDTH, Type

MAX_ROUNDS = 1 << 24
MAX_WORK = 1 << 38
"""Most multiplications a row may ask for, over all rounds."""
FLOAT32_ULP = 1 << 14


def _one(name: str, value: Array, low: float, high: float = np.inf) -> None:
    require(value.shape == (1,), f"{name}: must hold one number")
    require(bool(low <= value[0] < high), f"{name}: must be a finite number from {low:g} on")


def _symmetric(gram: Array, rounds: int) -> None:
    count = len(gram)
    require(count > 0, "gram: must not be empty")
    require(bool(np.isfinite(gram).all()), "gram: must be finite")
    require(bool((gram == gram.T).all()), "gram: must be symmetric")
    require(rounds * count * count <= MAX_WORK, "rounds: are too many for its size")


def _components(op: Multiplicative | Topics) -> None:
    count, width = op.components.shape
    require(count > 0 and width > 0, "components: must not be empty")
    require(bool(np.isfinite(op.components).all()), "components: must be finite")
    require(bool((op.components >= 0).all()), "components: must not be negative")
    require(count * (count + width) * op.rounds <= MAX_WORK, "rounds: are too many for its size")


def _measured(dtype: str, ulp: int, what: str) -> tuple[int, str]:
    """A contract for float64; in the library's float32 the rounds' rounding is large enough beside
    their tolerance that another one may be the last."""
    if dtype == "float64":
        return ulp, what
    return FLOAT32_ULP, f"{what}; in float32 the last round may be another"


def _of_components(op: Multiplicative | Topics, x: Type) -> Type:
    count, width = op.components.shape
    dtype = op.components.dtype.name
    require(x == Type(dtype, width), f"needs {dtype}[{width}], not {x}")
    return Type(dtype, count)


class NonNegative(Operator):
    """The w ≥ 0 least in ½ w·G·w − b·w, by coordinate descent from 0: non-negative factors.

    For b = x·Hᵀ and G = H·Hᵀ that is the w for which w·H is nearest to x; penalties go into b and
    G's diagonal. A round takes each coordinate t in the order of its row of `order` (the last
    row is kept from then on): g = Σᵣ G[t,r] w[r] − b[t], then w[t] = max(w[t] − g / G[t,t], 0)
    unless G[t,t] is 0. It ends when Σ|g|, without those of g > 0 where w[t] is 0, is at most tol
    times that of the first round, or that was 0 (Cichocki and Phan 2009;
    sklearn.decomposition._nmf, _fit_coordinate_descent with the row alone).

    Contract: 32 ulp of the largest w (float32: 2¹⁴), times the condition number of G. Measured:
    5 ulp.
    """

    gram: Array = tensor("float32 float64", "components", "components")
    order: Array = tensor("int32", "turns", "components")
    tol: Array = tensor("float64", "one")
    rounds: int = integer(1, MAX_ROUNDS)

    def validate(self) -> None:
        count = len(self.gram)
        _symmetric(self.gram, self.rounds)
        _one("tol", self.tol, 0)
        require(len(self.order) > 0, "order: must have a row")
        inside = (self.order >= 0) & (self.order < count)
        require(bool(inside.all()), f"order: must be below {count}")

    def bound(self) -> tuple[int, str]:
        what = "coordinate descent on products that BLAS adds"
        return _measured(self.gram.dtype.name, 32, what)

    def output(self, *inputs: Type) -> Type:
        needed = Type(self.gram.dtype.name, len(self.gram))
        require(inputs == (needed,), f"needs {needed}, not {inputs[0]}")
        return needed


class Multiplicative(Operator):
    """The w ≥ 0 that brings w·H near x in the β-divergence, by multiplicative updates.

    Starts at √(mean of x / number of components) everywhere. With v = w·H a round multiplies w
    by ((x vᵝ⁻²)·Hᵀ / (vᵝ⁻¹·Hᵀ + l1 + l2·w))ᵞ; γ is 1/(2−β) below β = 1, 1/(β−1) above 2, else
    1; numbers of v below 2⁻²³ count as 2⁻²³ where their power is negative, a denominator of 0
    too. `stop` says when it ends, before `rounds`:

    divergence: every 10 rounds, if √(2·divergence) fell by less than tol times that at the
        start. Below β = 1, a w below 2⁻⁵² becomes 0 in each round. At β = 1 round i adds
        i · l1. (NMF with solver="mu": _fit_multiplicative_update with the row alone.)
    step: if |w − w before| is at most tol·|w|. (MiniBatchNMF: _solve_W with the row alone.)

    A tol of 0 never ends it. Contract: 64 ulp of the largest w (float32: 2¹⁴), times the square
    root of the condition number of H·Hᵀ. Measured: 8 ulp; in float32 6,500.
    """

    components: Array = tensor("float32 float64", "components", "width")
    beta: Array = tensor("float64", "one")
    l1: Array = tensor("float64", "one")
    l2: Array = tensor("float64", "one")
    tol: Array = tensor("float64", "one")
    stop: str = choice("divergence", "step")
    rounds: int = integer(1, MAX_ROUNDS)

    def validate(self) -> None:
        _components(self)
        _one("beta", self.beta, -64, 64)
        _one("l1", self.l1, 0)
        _one("l2", self.l2, 0)
        _one("tol", self.tol, 0)

    def bound(self) -> tuple[int, str]:
        return _measured(
            self.components.dtype.name, 64, "multiplicative updates by products that BLAS adds"
        )

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return _of_components(self, x)


class Topics(Operator):
    """Dirichlet parameters of a document's topics: the E step of variational Bayes.

    `components` is exp(E[log β]) of topics and words. γ starts at 1, θ = exp(ψ(γ) − ψ(Σγ)); a
    round sets γ = θ ∘ ((x / (θ·B + ε))·Bᵀ) + prior over the words of x that are not 0. It ends
    when γ moved by less than tol on average (Hoffman, Blei, Bach 2010;
    sklearn.decomposition._lda, _update_doc_distribution).

    Contract: 64 ulp of the largest γ (float32: 2¹⁴). Measured: 7 ulp; in float32 420.
    """

    components: Array = tensor("float32 float64", "components", "width")
    prior: Array = tensor("float64", "one")
    tol: Array = tensor("float64", "one")
    rounds: int = integer(0, MAX_ROUNDS)

    def validate(self) -> None:
        _components(self)
        _one("prior", self.prior, 0)
        _one("tol", self.tol, 0)

    def bound(self) -> tuple[int, str]:
        return _measured(
            self.components.dtype.name, 64, "variational updates by products that BLAS adds"
        )

    def output(self, *inputs: Type) -> Type:
        (x,) = inputs
        return _of_components(self, x)


class SparseCode(Operator):
    """Few coefficients w on the atoms of a dictionary D, from b = x·Dᵀ and G = D·Dᵀ.

    pursuit: orthogonal matching pursuit: `rounds` times the atom with the largest |b − G·w|
        joins, and w is least squares on those that have; ends when that is below 2⁻²⁶ (for
        float32 2⁻¹¹·⁵), or an atom depends on the others (linear_model._omp, _gram_omp).
    angle, lasso angle: least angle regression, and its way to the lasso, for at most `rounds`
        steps or until max|b − G·w| / samples reaches alpha (_least_angle, _lars_path_solver).
    lasso descent: least in ½ w·G·w − b·w + alpha·Σ|w|, by coordinate descent with gap-safe
        screening until the duality gap is at most 10⁻⁸ |x|²; |x|² is the second input
        (_cd_fast, enet_coordinate_descent_gram).

    `positive` keeps w ≥ 0, in the two that are a lasso. Contract: 64 ulp of the largest w,
    times the condition number of G; 2²⁰ ulp (float32: 2¹⁴) for the descent, which stops by a gap
    that is itself a small difference. Measured: 40 ulp, 5,000 where G is singular; 200,000 for
    the descent.
    """

    arity = None
    gram: Array = tensor("float32 float64", "atoms", "atoms")
    method: str = choice("pursuit", "angle", "lasso angle", "lasso descent")
    alpha: Array = tensor("float64", "one")
    positive: str = choice("any sign", "positive")
    samples: int = integer(1, MAX_WIDTH)
    rounds: int = integer(0, MAX_ROUNDS)

    def validate(self) -> None:
        atoms = len(self.gram)
        _symmetric(self.gram, self.rounds)
        _one("alpha", self.alpha, 0)
        require(
            self.positive == "any sign" or self.method.startswith("lasso"),
            f"positive: {self.method} has any sign",
        )
        require(
            self.method != "pursuit" or 0 < self.rounds <= atoms, f"rounds: must be 1 to {atoms}"
        )

    def bound(self) -> tuple[int, str]:
        if self.method == "lasso descent":
            return _measured(self.gram.dtype.name, 1 << 20, "coordinate descent to a duality gap")
        return 64, "least squares on products that BLAS adds"

    def output(self, *inputs: Type) -> Type:
        kind = self.gram.dtype.name
        product = Type(kind, len(self.gram))
        needed = (product, Type(kind, 1)) if self.method == "lasso descent" else (product,)
        require(inputs == needed, f"needs {' and '.join(map(str, needed))}")
        return product
