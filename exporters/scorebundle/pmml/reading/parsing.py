"""Parsing: safe, and in memory that is bounded by the largest model, not by the file.

A document type declaration is refused before the parser proper sees it, so that there are no
entities, and nothing is ever fetched. Trees are made compact as soon as they were read.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final, NoReturn
from xml.parsers import expat

from lxml import etree

from scorebundle.bundle import BundleError

from .nodes import Tree, compact
from .xml import MEMBER, Element, child, refuse, tag

MAX_BYTES: Final = 1 << 30


class Document:
    """A parsed document.

    Attributes:
        root: the PMML element; TreeModels have lost their Nodes.
        trees: the compact form of each TreeModel's Nodes.
        size: in bytes.
    """

    def __init__(self, root: Element, trees: dict[Element, Tree], size: int) -> None:
        self.root, self.trees, self.size = root, trees, size


def parse(data: bytes) -> Document:
    """Parse a document.

    Raises:
        BundleError: if it is no well-formed XML, has a DOCTYPE, is no PMML, or is too large.
    """
    if len(data) > MAX_BYTES:
        raise BundleError(f"is larger than {MAX_BYTES} bytes", member=MEMBER)
    _refuse_doctype(data)
    trees: dict[Element, Tree] = {}
    events = etree.iterparse(
        BytesIO(data),
        events=("end",),
        tag=("{*}TreeModel", "{*}DecisionTree"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    try:
        for _, model in events:
            node = child(model, "Node")
            if node is not None:
                trees[model] = compact(node)
                model.remove(node)
    except etree.XMLSyntaxError as error:
        raise BundleError(f"is not well-formed: {error}", member=MEMBER) from None
    root = events.root
    if tag(root) != "PMML":
        refuse(root, "the document's element must be PMML")
    return Document(root, trees, len(data))


class _Begun(Exception):
    """The document's element has begun: a DOCTYPE can no longer come."""


def _refuse_doctype(data: bytes) -> None:
    def doctype(*_: object) -> NoReturn:
        raise BundleError("has a DOCTYPE, which is refused", member=MEMBER)

    def begun(*_: object) -> NoReturn:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begun
    try:
        parser.Parse(data, True)
    except _Begun:
        pass
    except expat.ExpatError as error:
        raise BundleError(f"is not well-formed: {error}", member=MEMBER) from None
