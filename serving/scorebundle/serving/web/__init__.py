"""HTTP: requests and answers, who may do what, limits, uploads."""
