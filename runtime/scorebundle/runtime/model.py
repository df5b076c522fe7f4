"""Runtime: a loaded model that scores rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from scorebundle.bundle import Bundle
from scorebundle.bundle.bundle import Source
from scorebundle.bundle.graph import Graph
from scorebundle.bundle.manifest import InputSchema, OutputSchema

from . import library
from .assembler import Prepared
from .calls import Errors, Model
from .door import Door
from .lenient import completed
from .passes import optimised
from .plan import Plan
from .rows import Reader
from .scores import Scores
from .source import open_bundle


class Runtime:
    """A model, ready to score; immutable and safe to share between threads.

    `Runtime.load("model.zip").score({"age": 41.0, "city": "Oslo"})["predict"]`
    """

    def __init__(self, graph: Graph, bundle: Bundle | None = None) -> None:
        """Prepare a graph for scoring; `Runtime.load` is the usual way in."""
        self._graph = optimised(graph)
        self._bundle = bundle
        extensions = {} if bundle is None else bundle.manifest.extensions
        lenient = None
        if extensions.get("columns") == "lenient":
            named = extensions.get("unreadable as missing")
            lenient = partial(completed, missing=named if isinstance(named, list) else ())
        self._reader = Reader(self._graph, lenient)
        self._prepared = Prepared()
        self._models: dict[tuple[str, ...], Model] = {}
        self._doors: dict[str, Door] = {}
        self._names = tuple(output.name for output in graph.outputs)
        self._model(self._names)

    @classmethod
    def load(cls, source: Source | Bundle, *, verify: bool = False) -> Runtime:
        """Load a bundle, or a model from PMML (which needs lxml).

        Args:
            source: a path, the file's bytes, a binary file, or a `Bundle`.
            verify: also check the members that scoring does not read, score the stored rows,
                and compare with the training library's outputs.

        Raises:
            BundleError: if the file breaks a rule of the format, or verification fails.
        """
        bundle = source if isinstance(source, Bundle) else open_bundle(source)
        runtime = cls(bundle.graph, bundle)
        if verify:
            runtime.verify()
        return runtime

    @property
    def bundle(self) -> Bundle:
        """The bundle it was loaded from."""
        if self._bundle is None:
            raise ValueError("this runtime was made from a graph")
        return self._bundle

    @property
    def name(self) -> str:
        """The model's name."""
        return self.bundle.name

    @property
    def version(self) -> str:
        """The model's version."""
        return self.bundle.version

    @property
    def digest(self) -> str:
        """The bundle's identity: 64 hexadecimal digits."""
        return self.bundle.digest

    @property
    def inputs(self) -> tuple[InputSchema, ...]:
        """The input columns."""
        return self.bundle.manifest.inputs

    @property
    def outputs(self) -> tuple[OutputSchema, ...]:
        """The outputs."""
        return self.bundle.manifest.outputs

    def score(
        self,
        rows: Any,
        *,
        select: Sequence[str] | None = None,
        errors: Errors = "raise",
        threads: int = 1,
    ) -> Scores:
        """Score rows.

        Args:
            rows: a dict (one row), a list of dicts, a dict of columns, a 2-D or structured
                array, a pandas or polars frame, or an Arrow table. Columns are matched by
                name; a 2-D array's by position.
            select: names of the wanted outputs; all by default.
            errors: "raise", or "mark" to score the other rows and give refused ones a status.
            threads: threads that share the rows.

        Raises:
            InputError: columns that are missing, extra, twice there or of a wrong type.
            RowError: rows that the fitted pipeline would have refused.
            KeyError: an output of that name does not exist.
        """
        model = self._models.get(self._names if select is None else tuple(select))
        if model is None:
            model = self._model(tuple(select or ()))
        if model.row_door is not None:
            scores = model.row_door.enter(rows)
            if scores is not None:
                return scores
        return model.many(rows, errors, threads)

    def predict(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["predict"])["predict"]`: scikit-learn's shape and dtype."""
        return self._single("predict", rows, options)

    def predict_proba(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["predict_proba"])["predict_proba"]`."""
        return self._single("predict_proba", rows, options)

    def decision_function(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["decision_function"])["decision_function"]`."""
        return self._single("decision_function", rows, options)

    def transform(self, rows: Any, **options: Any) -> Any:
        """`score(rows, select=["transform"])["transform"]`."""
        return self._single("transform", rows, options)

    def verify(self) -> int:
        """Score the stored rows and compare with the training library's outputs.

        Returns:
            The number of rows compared.

        Raises:
            BundleError: naming the first output and row that differs beyond its contract.
        """
        from .verify import verify

        return verify(self)

    def __repr__(self) -> str:
        what = repr(self._bundle) if self._bundle else f"{len(self._graph.nodes)} nodes"
        return f"<Runtime {what}>"

    def _single(self, name: str, rows: Any, options: dict[str, Any]) -> Any:
        if not options:
            door = self._doors.get(name)
            if door is not None:
                result = door.enter(rows)
                if result is not None:
                    return result
        return self.score(rows, select=(name,), **options)[name]

    def _model(self, names: tuple[str, ...]) -> Model:
        known = [output.name for output in self._graph.outputs]
        for name in names:
            if name not in known:
                raise KeyError(f"the model has no output {name!r}; it has {', '.join(known)}")
        kernels = library.load()
        plan = Plan(self._graph, names, kernels, self._prepared)

        def for_many() -> Plan:
            return Plan(self._graph, names, kernels, self._prepared, many=True)

        model = Model(self._graph, plan, for_many, self._reader)
        if len(names) == 1 and model.door is not None:
            self._doors[names[0]] = model.door
        self._models[names] = model
        return model
