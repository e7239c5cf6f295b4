"""Getting at a PostgreSQL: addresses, the embedded server, and clear words when neither works."""
