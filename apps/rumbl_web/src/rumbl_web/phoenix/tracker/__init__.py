"""Who is where: presences of this node, kept as pure data, and the process that tells of changes."""
