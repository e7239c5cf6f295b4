"""Who is where, on all nodes: kept as pure data, and the processes that tell pages and other nodes of it."""
