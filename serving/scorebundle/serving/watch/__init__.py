"""What is told about the server: metrics, access log, traces."""
