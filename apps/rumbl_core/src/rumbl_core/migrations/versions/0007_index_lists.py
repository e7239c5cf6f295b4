"""Let lists be searched and sorted by index, in any PostgreSQL: no extension, no collation of the system."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Text as lists compare it: without case, without accents. The Unicode tables are PostgreSQL's own.
FOLD = r"""
CREATE FUNCTION rumbl_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(lower(coalesce(value, '')), NFKD), '[\u0300-\u036f]', '', 'g')
$$
"""
# Every piece of `shortest` to 3 characters: a GIN index on them finds any substring (as pg_trgm would, which
# not every PostgreSQL has). It is dear, so the planner must not take it for a filter.
NGRAMS = """
CREATE FUNCTION rumbl_ngrams(value text, shortest int) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
COST 1000 AS $$
    SELECT array(
        SELECT DISTINCT substr(value, begin, size)
        FROM generate_series(shortest, 3) AS size, generate_series(1, length(value)) AS begin
        WHERE begin + size <= length(value) + 1
    )
$$
"""
PEOPLE = "rumbl_fold((coalesce(name, '') || ' ') || username)"
INDEXES = (
    ("users_name_key_index", "users", 'btree (left(rumbl_fold(name), 64) COLLATE "C", id)'),
    ("users_search_index", "users", f"gin (rumbl_ngrams({PEOPLE}, 1))"),
    ("videos_title_key_index", "videos", 'btree (left(rumbl_fold(title), 64) COLLATE "C", id)'),
    ("videos_search_index", "videos", "gin (rumbl_ngrams(rumbl_fold(title), 1))"),
    ("videos_user_id_id_index", "videos", "btree (user_id, id)"),
    ("videos_category_id_id_index", "videos", "btree (category_id, id)"),
    ("categories_name_key_index", "categories", 'btree (left(rumbl_fold(name), 64) COLLATE "C", id)'),
    ("categories_search_index", "categories", "gin (rumbl_ngrams(rumbl_fold(name), 1))"),
)


def upgrade() -> None:
    """Make the two functions and the indexes on them."""
    op.execute(FOLD)
    op.execute(NGRAMS)
    for name, table, what in INDEXES:
        op.execute(f"CREATE INDEX {name} ON {table} USING {what}")


def downgrade() -> None:
    """Drop them."""
    for name, _table, _what in reversed(INDEXES):
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP FUNCTION rumbl_ngrams")
    op.execute("DROP FUNCTION rumbl_fold")
