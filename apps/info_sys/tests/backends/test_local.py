"""The sources that need no network: units, dates, currencies."""

import json
from datetime import UTC, datetime

import pytest

from info_sys import Options, compute
from info_sys.backend import Context
from info_sys.backends.clock import Clock
from info_sys.backends.currency import Currency, Rates
from info_sys.backends.units import Units, convert

CHAT = [
    "nice goal!",
    "lol",
    "see you in a minute",
    "10 in a row",
    "back to the start",
    "5 to go",
    "2-1 in extra time",
]


def answer(backend, query):
    return [result.text for result in backend.compute(query, Options())]


class TestUnits:
    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("3 miles in km", "3 miles = 4.82803 km"),
            ("convert 100 km/h to miles per hour", "100 km/h = 62.1371 miles per hour"),
            ("convert 72 °F to °C", "72 °F = 22.2222 °C"),
            ("what is 20 C in F?", "20 C = 68 F"),
            ("how many feet are in a mile?", "1 mile = 5280 feet"),
            ("1e3 grams to kg", "1000 grams = 1 kg"),
            ("-40 celsius to fahrenheit", "-40 celsius = -40 fahrenheit"),
            ("1,000 miles in km", "1000 miles = 1609.34 km"),
            ("2,5 km in m", "2,5 km = 2500 m"),
            ("2,5km in miles", "2,5 km = 1,55343 miles"),
        ],
    )
    def test_converts(self, query, text):
        assert Units().matches(query)
        assert answer(Units(), query) == [text]

    @pytest.mark.parametrize("query", ["3 miles in kg", "3 frobs in km", "1 meter to meter per", *CHAT])
    def test_makes_nothing_of_what_makes_no_sense(self, query):
        assert answer(Units(), query) == []

    @pytest.mark.parametrize(
        "query",
        [
            "3 m**9**9 in km",
            "3 __import__ in km",
            "9" * 60 + " m in km",
            "1 " + "m " * 100 + "in km",
            "1 (m) in km",
        ],
    )
    def test_is_no_way_in(self, query):
        assert not Units().matches(query)
        assert answer(Units(), query) == []

    def test_huge_numbers_are_harmless(self):
        assert convert(1e99, "quettameter", "quectometer") is not None


class TestClock:
    @pytest.fixture
    def clock(self):
        return Clock(lambda: datetime(2026, 11, 25, 22, 30, tzinfo=UTC))

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("what time is it in Tokyo?", "07:30 on Thursday, 2026-11-26 (Asia/Tokyo, UTC+0900)"),
            ("time in new york", "17:30 on Wednesday, 2026-11-25 (America/New_York, UTC-0500)"),
            (
                "what's the current time in Europe/Berlin",
                "23:30 on Wednesday, 2026-11-25 (Europe/Berlin, UTC+0100)",
            ),
            ("days until 2026-12-25", "30 days"),
            ("how many days until christmas?", "30 days"),
            ("days until new year", "37 days"),
            ("days since 2026-11-24", "1 day"),
            ("days between 2024-02-28 and 2024-03-01", "2 days"),
            ("what day was 1969-07-20?", "Sunday"),
        ],
    )
    def test_knows(self, clock, query, text):
        assert clock.matches(query)
        assert answer(clock, query) == [text]

    @pytest.mark.parametrize("query", ["what time is it in Atlantis?", "days until 2026-02-30", *CHAT])
    def test_knows_nothing_of_what_there_is_not(self, clock, query):
        assert answer(clock, query) == []

    @pytest.mark.usefixtures("app")
    def test_its_answers_are_not_kept_for_they_grow_old(self):
        minutes = iter(range(60))
        clock = Clock(lambda: datetime(2026, 1, 1, 12, next(minutes), tzinfo=UTC))
        texts = [compute("time in UTC", backends=[clock])[0].text for _ in range(2)]
        assert texts == [f"12:0{n} on Thursday, 2026-01-01 (UTC, UTC+0000)" for n in range(2)]


class TestCurrency:
    TABLE = json.dumps({"date": "2026-01-31", "base": "EUR", "rates": {"USD": 2, "JPY": 100}})

    @pytest.fixture
    def currency(self):
        return Currency(Rates.read(self.TABLE))

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("100 USD in EUR", "100.00 USD = 50.00 EUR (rates of 2026-01-31)"),
            ("how much is 1 euro in yen?", "1.00 EUR = 100.00 JPY (rates of 2026-01-31)"),
            ("convert $2,".rstrip(",") + " to €", "2.00 USD = 1.00 EUR (rates of 2026-01-31)"),
            ("1000 jpy to dollars", "1,000.00 JPY = 20.00 USD (rates of 2026-01-31)"),
            ("1,000 jpy to dollars", "1,000.00 JPY = 20.00 USD (rates of 2026-01-31)"),
            ("2.000,50 usd in eur", "2.000,50 USD = 1.000,25 EUR (rates of 2026-01-31)"),
        ],
    )
    def test_converts_and_says_of_when(self, currency, query, text):
        assert currency.matches(query)
        assert answer(currency, query) == [text]

    @pytest.mark.parametrize("query", ["100 XYZ in EUR", "100 in EUR", *CHAT])
    def test_knows_no_other_currency(self, currency, query):
        assert not currency.matches(query)

    def test_endless_numbers_are_harmless(self, currency):
        assert not currency.matches("1" * 10_000 + ".1.1.1 usd in eur")

    def test_comes_with_a_table(self):
        (text,) = answer(Currency.create(Context()), "1 EUR in USD")
        assert text.startswith("1.00 EUR = 1.")

    def test_the_site_may_bring_its_own(self, tmp_path):
        (tmp_path / "rates.json").write_text(self.TABLE)
        own = Currency.create(Context({"INFO_SYS_RATES": str(tmp_path / "rates.json")}))
        assert answer(own, "1 EUR in JPY") == ["1.00 EUR = 100.00 JPY (rates of 2026-01-31)"]

    @pytest.mark.parametrize(
        "table",
        ["", "[]", "{}", '{"date": "x", "base": "EUR", "rates": {}}', "9" * 200_000,
         '{"date": "2026-01-31", "base": "EUR", "rates": {"USD": 0}}',
         '{"date": "2026-01-31", "base": "EUR", "rates": {"USD": "NaN"}}'],
    )  # fmt: skip
    def test_a_bad_table_is_said_and_ours_is_used(self, tmp_path, caplog, table):
        (tmp_path / "rates.json").write_text(table)
        own = Currency.create(Context({"INFO_SYS_RATES": str(tmp_path / "rates.json")}))
        assert "INFO_SYS_RATES" in caplog.text
        assert answer(own, "1 EUR in USD")
