"""The chain of models that computes the stages of a draft (MiningModel, Segmentation).

    MiningModel                     stage 0: MiningSchema, LocalTransformations
      Segmentation modelChain
        Segment: MiningModel sum    an ensemble: one Segment and TreeModel per tree
        Segment: …
        Segment: RegressionModel    the last stage, with Output

With trees behind trees, the last Segment is the MiningModel of the next stage, and so on.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from lxml import etree

from .document import mining_schema
from .draft import Draft, Ensemble
from .elements import DATA_TYPES, Element, element
from .outputs import Outcome
from .trees import segments

TREE_MODEL = {
    "functionName": "regression",
    "missingValueStrategy": "defaultChild",
    "splitCharacteristic": "binarySplit",
}


class Chain:
    """Streams the models to a file.

    Args:
        file: lxml's incremental writer.
        draft: the stages.
        outcome: the last model.
        name: modelName of the outermost model.
        verification: its ModelVerification, or None.
    """

    def __init__(
        self, file: Any, draft: Draft, outcome: Outcome, name: str, verification: Element | None
    ) -> None:
        self.file, self.draft, self.outcome = file, draft, outcome
        self.name, self.verification = name, verification
        self.some_field = next(iter(draft.inputs))

    def write(self) -> None:
        """The outermost model with all that it encloses."""
        last = len(self.draft.stages) - 1
        with ExitStack() as open_elements:
            for stage in range(last):
                self._open(open_elements, stage)
            with self.file.element("RegressionModel", self._attributes(last)):
                self._head(last, self.outcome.output())
                for table in self.outcome.tables():
                    self.put(table)
                if last == 0:
                    self._verification()

    def _open(self, open_elements: ExitStack, stage: int) -> None:
        """A stage's MiningModel up to the Segment that the next stage's model goes into."""
        enter = open_elements.enter_context
        enter(self.file.element("MiningModel", self._attributes(stage)))
        if stage == 0:
            open_elements.callback(self._verification)  # written when the Segmentation is closed
        self._head(stage, None)
        enter(self.file.element("Segmentation", {"multipleModelMethod": "modelChain"}))
        self.file.write("\n")
        for ensemble in self.draft.stages[stage].ensembles:
            with self.file.element("Segment"):
                self.put(element("True"))
                self._ensemble(ensemble)
            self.file.write("\n")
        enter(self.file.element("Segment"))
        self.put(element("True"))

    def _attributes(self, stage: int) -> dict[str, str]:
        named = {"modelName": self.name} if stage == 0 else {}
        return {**named, "functionName": self.outcome.function}

    def _head(self, stage: int, output: Element | None) -> None:
        """MiningSchema, Output and LocalTransformations, in the order of the XSD."""
        self.file.write("\n")
        names = self.draft.taken_by(stage) or [self.some_field]
        self.put(mining_schema(names, self.draft, self.outcome.target))
        if output is not None:
            self.put(output)
        fields = self.draft.stages[stage].fields
        if fields:
            with self.file.element("LocalTransformations"):
                self.file.write("\n")
                for field in fields:
                    self.put(field.element)
            self.file.write("\n")

    def _verification(self) -> None:
        if self.verification is not None:
            self.put(self.verification)

    def _ensemble(self, ensemble: Ensemble) -> None:
        """A sum of TreeModels; a single tree is its own model."""
        trees = segments(ensemble, self.some_field)
        output = _sum_output(ensemble)
        if len(ensemble.trees) == 1:
            ((_, names, root),) = trees
            return self._tree(names, root, output)
        with self.file.element("MiningModel", {"functionName": "regression"}):
            self.put(mining_schema(ensemble.reads or [self.some_field], self.draft))
            self.put(output)
            with self.file.element("Segmentation", {"multipleModelMethod": "sum"}):
                for tree, names, root in trees:
                    with self.file.element("Segment", {"id": str(tree)}):
                        self.put(element("True"))
                        self._tree(names, root, None)

    def _tree(self, names: list[str], root: Element, output: Element | None) -> None:
        with self.file.element("TreeModel", TREE_MODEL):
            self.put(mining_schema(names, self.draft))
            if output is not None:
                self.put(output)
            self.file.write(root)
        self.file.write("\n")

    def put(self, made: Element) -> None:
        """An element on lines of its own."""
        etree.indent(made)
        made.tail = "\n"
        self.file.write(made)


def _sum_output(ensemble: Ensemble) -> Element:
    """The sum, as a field for the stages behind, not a result of the document."""
    attributes = {
        "name": ensemble.output,
        "optype": "continuous",
        "dataType": DATA_TYPES[ensemble.op.values.dtype.name],
        "feature": "predictedValue",
        "isFinalResult": "false",
    }
    return element("Output", None, element("OutputField", attributes))
