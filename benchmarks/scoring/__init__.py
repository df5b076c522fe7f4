"""The benchmark of scoring: models, peers, timing, goals and the page. Run by `../run.py`."""
