"""sklearn-pandas: DataFrameMapper, written with the SDK alone."""

from __future__ import annotations

from typing import Any

from sklearn_pandas import DataFrameMapper
from sklearn_pandas.pipeline import TransformerPipeline

from .sdk import Columns, Export, Outputs, Raw, register_exporter


@register_exporter(TransformerPipeline)
def transformer_pipeline(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """One transformer after the other."""
    for name, step in estimator.steps:
        columns = to.transform(step, columns, name)
    return {"transform": columns}


@register_exporter(DataFrameMapper)
def data_frame_mapper(estimator: Any, columns: Columns, to: Export) -> Outputs:
    """Each selection of columns through its own transformer, side by side; then the default."""
    if estimator.df_out:
        to.block("df_out=True gives a DataFrame of mixed types", "use df_out=False")
    names = [item.name if isinstance(item, Raw) else None for item in columns]
    parts: list[Columns] = []

    def add(selected: list[Any], transformer: Any, step: str) -> None:
        if not set(selected) <= set(names):
            to.block(f"columns {selected} are not input columns", "make the mapper the first step")
        part = columns.take(names.index(name) for name in selected)
        parts.append(part if transformer is None else to.transform(transformer, part, step))

    for selector, transformer, _ in estimator.built_features:
        selected = selector if isinstance(selector, list) else [selector]
        with to.survey():
            add(selected, transformer, "_".join(map(str, selected)))
    if estimator.built_default is not False:
        chosen = {*estimator._selected_columns, *estimator.drop_cols}
        with to.survey():
            add([name for name in names if name not in chosen], estimator.built_default, "default")
    if to.blockers:
        return {"transform": to.placeholder(1)}
    sparse = any(part.sparse for part in parts) and bool(estimator.sparse)
    return {"transform": columns.take([]).joined(parts, sparse)}
