"""XGBoost: its models' documents, read without the library, and its estimators.

ubjson, model   a saved model's bytes → trees or weights, and numbers
starts          where the float32 sums begin, to the bit
margins, links  the graph: input columns → margin → the objective's prediction
estimators      exporters of XGBoost's classes (imports xgboost)
saved           exporter of a model file, with or without xgboost
"""
