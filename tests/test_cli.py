"""The command line: every command, its output, its exit code, and errors of one line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from scorebundle.bundle import Bundle, BundleError
from scorebundle.exporters import export_bundle
from scorebundle.runtime import Runtime, library
from scorebundle.runtime.cli import doctor, main
from scorebundle.runtime.formats import readers

CITIES = ["Oslo", "Rome", "Bath"]


@pytest.fixture(scope="module")
def rows() -> Any:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"age": random.normal(size=60), "weight": random.normal(size=60)})
    table["city"] = np.array(CITIES, object)[np.arange(60) % 3]
    return table


@pytest.fixture(scope="module")
def pipeline(rows: Any) -> Any:
    """It refuses missing numbers and unseen cities."""
    prepare = ColumnTransformer([("city", OneHotEncoder(), ["city"])], remainder="passthrough")
    labels = np.where(rows["age"] + rows["weight"] > 0, "yes", "no")
    return make_pipeline(prepare, LogisticRegression()).fit(rows, labels)


@pytest.fixture(scope="module")
def bundle(pipeline: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("cli") / "model.zip"
    export_bundle(pipeline, path, name="towns", version="7")
    return str(path)


@pytest.fixture
def table(rows: Any, tmp_path: Path) -> str:
    rows.to_csv(tmp_path / "rows.csv", index=False)
    return str(tmp_path / "rows.csv")


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def failing(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """The one line on stderr of a command that ends with this code."""
    assert main(arguments) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("scorebundle: error: ")
    return lines[0].removeprefix("scorebundle: error: ")


def test_inspect_shows_schema_steps_and_certificate(
    bundle: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", bundle]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("towns version 7\n")
    for expected in ("'Bath', 'Oslo', 'Rome'", "OneHot", "predict_proba", "ulp", "graph.json"):
        assert expected in shown
    assert main(["inspect", bundle, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["digest"] == Bundle.open(bundle).digest
    assert {node["operator"] for node in document["nodes"]} >= {"Encode", "OneHot", "Affine"}


def test_verify_says_how_many_rows_agree(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = Runtime.load(bundle).verify()
    assert main(["verify", bundle]) == 0
    assert f"{rows} rows agree" in capsys.readouterr().out
    assert main(["verify", bundle, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == rows


def test_verify_exits_1_where_scores_differ(
    rows: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = rows[["age", "weight"]]
    good = export_bundle(LinearRegression().fit(x, rows["age"]))
    other = export_bundle(LinearRegression().fit(x, rows["weight"]))
    path = tmp_path / "wrong.zip"
    mixed = Bundle.build(good.manifest, good.graph, other.verification, good.to_pmml())
    mixed.save(path)
    assert "is not the training library's" in failing(capsys, 1, "verify", str(path))
    assert main(["verify", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_pmml_is_printed_or_written(
    bundle: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    document = Bundle.open(bundle).to_pmml()
    assert main(["pmml", bundle]) == 0
    assert capfdbinary.readouterr().out == document
    written = tmp_path / "model.pmml"
    assert main(["pmml", bundle, "-o", str(written)]) == 0
    assert written.read_bytes() == document
    assert main(["verify", str(written)]) == 0


def test_pmml_says_why_there_is_none(
    rows: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nearest.zip"
    export_bundle(KNeighborsRegressor().fit(rows[["age"]], rows["weight"]), path)
    capsys.readouterr()  # the export may have built kernels, and says so
    assert "PMML has no expression" in failing(capsys, 1, "pmml", str(path))
    with pytest.raises(BundleError, match="PMML has no expression"):
        Bundle.open(path).to_pmml()


def test_csv_scores_are_the_pipelines(
    bundle: str, table: str, pipeline: Any, rows: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", bundle, table, "--keep", "city"]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["city"] for row in found] == rows["city"].tolist()
    assert [row["predict"] for row in found] == pipeline.predict(rows).tolist()
    ours = Runtime.load(bundle).predict_proba(rows)[:, 1]
    assert [float(row["predict_proba_1"]) for row in found] == ours.tolist()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_every_format_gives_the_same_scores(
    bundle: str, rows: Any, tmp_path: Path, form: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "CHUNK", 7)
    source, target = tmp_path / f"rows.{form}", tmp_path / f"scores.{to}"
    write = {
        "csv": lambda: rows.to_csv(source, index=False),
        "jsonl": lambda: rows.to_json(source, orient="records", lines=True, double_precision=15),
        "parquet": lambda: rows.to_parquet(source),
    }
    write[form]()
    assert main(["score", bundle, str(source), "-o", str(target), "--threads", "2"]) == 0
    read = {
        "csv": lambda: pd.read_csv(target, float_precision="round_trip"),
        "jsonl": lambda: pd.DataFrame([json.loads(x) for x in target.read_text().splitlines()]),
        "parquet": lambda: pq.read_table(target).to_pandas(),
    }
    found = read[to]()
    expected = Runtime.load(bundle).score(rows).columns()
    assert list(found) == list(expected)
    np.testing.assert_array_equal(found["predict"], expected["predict"])
    tolerance = 1e-12 if form == "jsonl" else 0  # pandas writes 15 decimals
    np.testing.assert_allclose(
        found["decision_function"], expected["decision_function"], rtol=tolerance, atol=tolerance
    )
    assert list(tmp_path.glob("*.part")) == []


def test_refused_rows_stop_or_are_marked(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "city,age,weight\nOslo,1,2\n\nParis,1,2\nRome,,2\nBath,3,1\n"
    path = written(tmp_path / "rows.csv", text)
    message = failing(capsys, 1, "score", bundle, path, "-o", str(tmp_path / "out.csv"))
    assert "line 4, column city: is a category that was not seen in training" in message
    assert not (tmp_path / "out.csv").exists()
    assert main(["score", bundle, path, "--errors", "mark", "--json"]) == 1
    shown = capsys.readouterr()
    found = [json.loads(line) for line in shown.out.splitlines()]
    assert [row["status"] is None for row in found] == [True, False, False, True]
    assert found[1]["predict"] is found[1]["predict_proba_0"] is None
    assert shown.err == "scorebundle: 2 of 4 rows refused\n"


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_all_rows_refused_in_every_format(bundle: str, tmp_path: Path, to: str) -> None:
    path = written(tmp_path / "rows.csv", "city,age,weight\nParis,1,2\n")
    target = tmp_path / f"scores.{to}"
    assert main(["score", bundle, path, "--errors", "mark", "-o", str(target)]) == 1
    if to == "parquet":
        found = pq.read_table(target)
        assert found["predict"].to_pylist() == [None]
        assert str(found.schema.field("predict").type) == "string"


BAD_INPUTS = {
    "city,age\nOslo,1\n": "column 'weight' is missing",
    "": "is empty; its first line must name the columns",
    "city,age,age,weight\n": "column 'age' appears twice",
    "city,age,weight\nOslo,1\n": "line 2 has 2 cells, the first line 3",
    "city,age,weight\nOslo,1,2\nOslo,old,2\n": "line 3, column 'age': 'old' is not a number",
    "city,age,weight\nOslo,1_0,2\n": "line 2, column 'age': '1_0' is not a number",
    'city,age,weight\n"Os"lo,1,2\n': "line 2: ",
    "city,age,weight\nOslo,x,y\n": "'x' is not a number; line 2, column 'weight'",
}


@pytest.mark.parametrize("text", BAD_INPUTS)
def test_unusable_csv_is_one_line(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = written(tmp_path / "rows.csv", text)
    message = failing(capsys, 2, "score", bundle, path)
    assert message.startswith(path)
    assert BAD_INPUTS[text] in message


BAD_LINES = {
    "{": "line 1 is not JSON",
    "[1]": "line 1 is not a JSON object",
    '{"city": "Oslo", "age": 1}': "line 1 lacks column 'weight'",
    '{"city": "Oslo", "age": "1", "weight": 2}': "column 'age': '1' is not a number",
    '{"city": 3, "age": 1, "weight": 2}': "column 'city': 3 is not text",
    "[" * 100_000: "line 1 is not JSON",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_unusable_json_lines_are_one_line(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    message = failing(capsys, 2, "score", bundle, written(tmp_path / "rows.jsonl", line + "\n"))
    assert BAD_LINES[line] in message


def test_wrong_usage_exits_2(
    bundle: str, table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "COMMAND" in failing(capsys, 2)
    assert "invalid choice" in failing(capsys, 2, "bake")
    assert "--help" in failing(capsys, 2, "score", bundle, "--threads", "0")
    assert "No such file" in failing(capsys, 2, "inspect", str(tmp_path / "none.zip"))
    assert "is not a zip file" in failing(capsys, 2, "verify", table)
    assert "No such file" in failing(capsys, 2, "score", bundle, str(tmp_path / "none.csv"))
    assert "give --format" in failing(capsys, 2, "score", bundle, bundle)
    assert "no output 'odds'" in failing(capsys, 2, "score", bundle, table, "--select", "odds")
    assert "no column 'id'" in failing(capsys, 2, "score", bundle, table, "--keep", "id")
    nowhere = str(tmp_path / "no" / "scores.csv")
    assert failing(capsys, 2, "score", bundle, table, "-o", nowhere).startswith(nowhere)
    arrow = written(tmp_path / "rows.parquet", "no")
    assert "is not a Parquet file" in failing(capsys, 2, "score", bundle, arrow)


def test_other_columns_are_dropped_unless_strict(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "id,city,weight,age\n9,Oslo,1,2\n"
    path = written(tmp_path / "rows.csv", text)
    assert main(["score", bundle, path, "--select", "predict", "--keep", "id"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "id,predict"
    assert "'id' is not a column" in failing(capsys, 2, "score", bundle, path, "--strict")
    lines = written(
        tmp_path / "rows.jsonl", '{"id": 9, "city": "Oslo", "weight": 1, "age": null}\n'
    )
    assert "'id' is not a column" in failing(capsys, 2, "score", bundle, lines, "--strict")


def test_no_rows_give_only_the_names(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "rows.csv", "city,weight,age\n")
    assert main(["score", bundle, path, "--select", "predict"]) == 0
    assert capsys.readouterr().out == "predict\n"


def test_missing_cells_are_the_missing_value_of_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for missing in (None, np.nan):
        x = pd.DataFrame({"city": np.array(["Oslo", missing, "Rome", missing], object)})
        encoder = OneHotEncoder(sparse_output=False).fit(x)
        path = tmp_path / "encoder.zip"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            export_bundle(encoder, path)
        for rows in (
            written(tmp_path / "rows.csv", 'city\nRome\n""\n'),
            written(tmp_path / "rows.jsonl", '{"city": "Rome"}\n{"city": null}\n'),
        ):
            assert main(["score", str(path), rows, "--to", "csv"]) == 0
            last = capsys.readouterr().out.splitlines()[-1]
            assert last == "0.0,0.0,1.0"


def test_whole_numbers_booleans_and_mixed_categories(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = pd.DataFrame({"size": [1, 2, 3, 2], "flag": [True, False, True, True]})
    y = np.array([1.0, 2.0, 3.0, 4.0])
    prepare = ColumnTransformer([("all", OneHotEncoder(), ["size", "flag"])])
    model = make_pipeline(prepare, LinearRegression()).fit(x, y)
    path = str(tmp_path / "model.zip")
    export_bundle(model, path, X=x)
    rows = written(tmp_path / "rows.csv", "size,flag\n1,True\n2,false\n3.0,1\n")
    assert main(["score", path, rows]) == 0
    found = [float(line) for line in capsys.readouterr().out.splitlines()[1:]]
    wanted = pd.DataFrame({"size": [1, 2, 3], "flag": [True, False, True]})
    np.testing.assert_allclose(found, model.predict(wanted))


def test_warmup_and_doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = library.load()
    assert main(["warmup"]) == (0 if kernels.origin else 1)
    capsys.readouterr()
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith(f"tier: {kernels.tier}")
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tier"] == kernels.tier
    lonely = library.Library("in memory", "", kernels.address)
    lonely.notes = ["no place to store machine code"]
    monkeypatch.setattr(library, "load", lambda part="core": lonely)
    assert "`scorebundle doctor` says why" in failing(capsys, 1, "warmup")
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "note: no place to store machine code" in shown
    assert "to do: set SCOREBUNDLE_CACHE" in shown
    advice = doctor.examine()._replace(tier="object code", origin="/x/y.o", linker=None).advice
    assert "install a C compiler" in advice


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--version"], ["--help"], ["score", "--help"], ["verify", "--help"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 0
    assert "examples:" in capsys.readouterr().out


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scorebundle.runtime", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_a_pipe_through_a_process(bundle: str, table: str) -> None:
    rows = Path(table).read_text()
    done = process("score", bundle, "-", "--select", "predict", input=rows)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 61
    failed = process("score", bundle, "missing.csv")
    assert failed.returncode == 2
    assert failed.stderr == "scorebundle: error: missing.csv: No such file or directory\n"


def test_a_reader_that_goes_away_is_no_error(bundle: str, rows: Any, tmp_path: Path) -> None:
    many = tmp_path / "many.csv"
    pd.concat([rows] * 500).to_csv(many, index=False)
    command = [sys.executable, "-m", "scorebundle.runtime", "score", bundle, str(many)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141
