"""Parsing: safe, in one pass, in memory that is bounded by the largest tree, not by the file.

expat reads the document, and refuses it at a document type declaration, so that there are no
entities; nothing is ever fetched. The Nodes of a tree become columns as they pass by; all other
elements go on to lxml, with an element in the place of the Nodes that says which tree it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lxml import etree

from scorebundle.bundle import BundleError
from scorebundle.bundle.bundle import Source, read_source

from .nodes import Tree
from .passing import Passing, Words
from .xml import MEMBER, Element, refuse, tag

MAX_BYTES: Final = 1 << 30
CHUNK: Final = 1 << 20
MODELS: Final = frozenset(["TreeModel", "DecisionTree"])
PLACE: Final = "{scorebundle:tree}Place"
"""What stands in the place of a tree's Nodes."""


class Document:
    """A parsed document.

    Attributes:
        root: the PMML element; TreeModels have lost their Nodes.
        trees: the Nodes of each TreeModel.
        size: in bytes.
    """

    def __init__(self, root: Element, trees: dict[Element, Tree], size: int) -> None:
        self.root, self.trees, self.size = root, trees, size


class Bytes:
    """The bytes of a document, in memory or in a file, by position.

    Raises:
        BundleError: if there are too many, or they are no UTF-16 though they begin so.
        OSError: if the file cannot be read.
    """

    def __init__(self, source: Source) -> None:
        self._file: int | None = None
        if isinstance(source, (str, os.PathLike)):
            self._file = os.open(source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            self.size = os.fstat(self._file).st_size
        else:
            self._data = read_source(source)
            self.size = len(self._data)
        self.encoding: str | None = None
        if self.size > MAX_BYTES:
            self.close()
            raise BundleError(f"is larger than {MAX_BYTES} bytes", member=MEMBER)
        if self.at(0, 2) in (b"\xff\xfe", b"\xfe\xff"):
            self._transcode()

    def _transcode(self) -> None:
        """From UTF-16 to UTF-8."""
        whole = self.at(0, self.size)
        self.close()
        try:
            self._data = whole.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise BundleError(f"is not well-formed: {error}", member=MEMBER) from None
        self.size, self.encoding = len(self._data), "utf-8"

    def at(self, start: int, count: int) -> bytes:
        """Some bytes."""
        if self._file is None:
            return self._data[start : start + count]
        os.lseek(self._file, start, os.SEEK_SET)
        found = os.read(self._file, count)
        while len(found) < count and (more := os.read(self._file, count - len(found))):
            found += more
        return found

    def chunks(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        for start in range(0, self.size, CHUNK):
            yield self.at(start, CHUNK)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def parse(source: Bytes) -> Document:
    """Parse a document.

    Raises:
        BundleError: if it is no well-formed XML, has a DOCTYPE, or is no PMML.
    """
    try:
        return _Parser(source).document()
    except (etree.XMLSyntaxError, expat.ExpatError) as error:
        raise BundleError(f"is not well-formed: {error}", member=MEMBER) from None
    except (LookupError, ValueError) as error:  # of its encoding
        raise BundleError(f"cannot be decoded: {error}", member=MEMBER) from None


class _Parser:
    """One pass over a document.

    Attributes:
        fed: position up to which bytes went to lxml, or were left out; `kept` are those beyond.
        cut: where the Nodes of a tree began, and at which line, until the next element begins
            or ends behind them.
    """

    def __init__(self, source: Bytes) -> None:
        self.source = source
        self.expat = expat.ParserCreate(source.encoding)
        self.expat.StartDoctypeDeclHandler = _doctype
        self.expat.XmlDeclHandler = self._declared
        self.skeleton = etree.XMLPullParser(
            ("end",),
            tag=("{*}TreeModel", "{*}DecisionTree"),
            encoding=source.encoding,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
            huge_tree=True,
        )
        self.encoding = source.encoding or "utf-8"
        self.kept, self.fed = bytearray(), 0
        self.cut: tuple[int, int] | None = None
        self.open: list[tuple[str, Any]] = []
        self.words = Words()
        self.found: list[Tree] = []
        self.passing: Passing | None = None
        self.trees: dict[Element, Tree] = {}
        self._follow()

    def document(self) -> Document:
        """Read it all."""
        for chunk in self.source.chunks():
            self.kept += chunk
            self.expat.Parse(chunk, False)
            if self.cut is None:
                self._feed(self.expat.CurrentByteIndex)
            else:
                self._drop(self.expat.CurrentByteIndex)
        self.expat.Parse(b"", True)
        self._feed(self.source.size)
        root = self.skeleton.close()
        self._place()
        if tag(root) != "PMML":
            refuse(root, "the document's element must be PMML")
        return Document(root, self.trees, self.source.size)

    def _follow(self) -> None:
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = self.source.encoding or encoding or "utf-8"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._behind()
        local = name.rpartition(":")[2]
        if local == "Node" and self.open and self.open[-1][0] in MODELS:
            at = self.expat.CurrentByteIndex
            self._feed(at)
            self.cut = (at, self.expat.CurrentLineNumber)
            categories = self.open[-1][1].get("functionName") == "classification"
            self.passing = Passing(self.expat, name, self.words, categories, self._follow)
            self.passing.start(name, attributes)
        else:
            self.open.append((local, attributes if local in MODELS else None))

    def _end(self, name: str) -> None:
        self._behind()
        self.open.pop()

    def _behind(self) -> None:
        """If an element begins or ends behind a tree's Nodes, they are left out up to there."""
        if self.cut is None or self.passing is None:
            return
        start, line = self.cut
        end = self.expat.CurrentByteIndex
        self._drop(end)
        lines = self.expat.CurrentLineNumber - line
        place = f'<Place xmlns="scorebundle:tree" tree="{len(self.found)}"/>' + "\n" * lines
        self.skeleton.feed(place.encode(self.encoding))
        passed, prefix = self.passing, self.passing.prefix
        source, encoding = self.source, self.encoding
        self.found.append(
            Tree(
                passed.plain,
                lambda: (source.at(start, end - start), prefix, encoding, line),
                passed.embeds,
            )
        )
        self.cut = self.passing = None

    def _feed(self, upto: int) -> None:
        """Hand lxml the bytes up to a position."""
        count = upto - self.fed
        if count > 0:
            self.skeleton.feed(bytes(self.kept[:count]))
            self._drop(upto)
            self._place()

    def _drop(self, upto: int) -> None:
        """Leave out the bytes up to a position."""
        if upto > self.fed:
            del self.kept[: upto - self.fed]
            self.fed = upto

    def _place(self) -> None:
        """Find the models that are whole by now, and the trees that belong there."""
        for _, found in self.skeleton.read_events():
            model: Any = found
            for each in model.findall(PLACE):
                number = each.get("tree", "")
                if len(number) < 10 and number.isdecimal() and int(number) < len(self.found):
                    self.trees[model] = self.found[int(number)]
                model.remove(each)


def _doctype(*_: object) -> NoReturn:
    raise BundleError("has a DOCTYPE, which is refused", member=MEMBER)
