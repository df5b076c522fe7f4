"""What can be asked: groups of routes, and the formats that they read and write."""
