"""Files of rows and scores: CSV, JSON lines and Parquet, read and written batch by batch."""
