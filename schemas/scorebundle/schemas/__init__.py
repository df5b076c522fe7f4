"""JSON Schemas of the bundle's JSON members, and the XML Schema of PMML 4.4, as package data."""
