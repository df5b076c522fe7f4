"""Estimators of scikit-learn that have no row in the table, and why."""

from __future__ import annotations

TRANSDUCTIVE = "it labels the rows it was fitted on and no others"
EMBEDDING = "it places the rows it was fitted on and no others"
COVARIANCE = "an estimate of a covariance: it has no output for new rows but a distance"

OUT_OF_SCOPE = {
    "AgglomerativeClustering": TRANSDUCTIVE,
    "ClassicalMDS": EMBEDDING,
    "DBSCAN": TRANSDUCTIVE,
    "EmpiricalCovariance": COVARIANCE,
    "GraphicalLasso": COVARIANCE,
    "GraphicalLassoCV": COVARIANCE,
    "HDBSCAN": TRANSDUCTIVE,
    "LedoitWolf": COVARIANCE,
    "MDS": EMBEDDING,
    "MinCovDet": COVARIANCE,
    "OAS": COVARIANCE,
    "OPTICS": TRANSDUCTIVE,
    "PatchExtractor": "it makes several rows of one",
    "ShrunkCovariance": COVARIANCE,
    "SpectralBiclustering": TRANSDUCTIVE,
    "SpectralClustering": TRANSDUCTIVE,
    "SpectralCoclustering": TRANSDUCTIVE,
    "SpectralEmbedding": EMBEDDING,
    "TSNE": EMBEDDING,
}
"""What has no meaningful output on new rows, and why."""
