"""What is served: the repository, its changes, and the processes that share them."""
