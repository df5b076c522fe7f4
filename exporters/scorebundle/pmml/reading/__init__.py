"""PMML documents of any producer, versions 3.0 to 4.4, read into graphs."""
