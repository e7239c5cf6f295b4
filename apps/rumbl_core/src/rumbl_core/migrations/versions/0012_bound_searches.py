"""Bound the work of a search index: letters that fold to many made a title dear."""

from alembic import op

revision = "0012"
down_revision = "0011"

# As before, but no longer than 1,024 characters. 255 letters of any script that people write fold to fewer;
# there are signs that stand for 18.
FOLD = r"""
CREATE OR REPLACE FUNCTION rumbl_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(regexp_replace(normalize(lower(coalesce(value, '')), NFKD), '[\u0300-\u036f]', '', 'g'), 1024)
$$
"""
# The same pieces as before, in one walk: `substr` counts from the beginning for each piece.
NGRAMS = """
CREATE OR REPLACE FUNCTION rumbl_ngrams(value text, shortest int) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT array(
        SELECT DISTINCT piece
        FROM (
            SELECT one,
                one || lead(one) OVER walk AS two,
                one || lead(one) OVER walk || lead(one, 2) OVER walk AS three
            FROM unnest(string_to_array(value, NULL)) WITH ORDINALITY AS letters (one, place)
            WINDOW walk AS (ORDER BY place)
        ) AS pieces, LATERAL (VALUES (1, one), (2, two), (3, three)) AS sized (size, piece)
        WHERE size >= shortest AND piece IS NOT NULL
    )
$$
"""
# The username first: no name can be so long that its owner isn't found by it.
PEOPLE = "rumbl_fold((username || ' ') || coalesce(name, ''))"

OLD_FOLD = r"""
CREATE OR REPLACE FUNCTION rumbl_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(lower(coalesce(value, '')), NFKD), '[\u0300-\u036f]', '', 'g')
$$
"""
OLD_NGRAMS = """
CREATE OR REPLACE FUNCTION rumbl_ngrams(value text, shortest int) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT array(
        SELECT DISTINCT substr(value, begin, size)
        FROM generate_series(shortest, 3) AS size, generate_series(1, length(value)) AS begin
        WHERE begin + size <= length(value) + 1
    )
$$
"""
OLD_PEOPLE = "rumbl_fold((coalesce(name, '') || ' ') || username)"


def upgrade() -> None:
    """Replace the functions and make the indexes anew. Those of sort keys stay: they hold 64 characters."""
    op.execute(FOLD)
    op.execute(NGRAMS)
    _index_anew(PEOPLE)


def downgrade() -> None:
    """The functions and indexes of before."""
    op.execute(OLD_FOLD)
    op.execute(OLD_NGRAMS)
    _index_anew(OLD_PEOPLE)


def _index_anew(people: str) -> None:
    op.execute("DROP INDEX users_search_index")
    op.execute(f"CREATE INDEX users_search_index ON users USING gin (rumbl_ngrams({people}, 1))")
    op.execute("REINDEX INDEX videos_search_index")
    op.execute("REINDEX INDEX categories_search_index")
