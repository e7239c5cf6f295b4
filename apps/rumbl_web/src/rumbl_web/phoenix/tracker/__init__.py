"""Who is where, on all nodes: kept as pure data, and the processes that tell this node's pages and the others."""
