"""psycopg 3 and SQLAlchemy 2: types, parameters in text and binary, errors, transactions, cancel."""

import datetime
import decimal
import os

import psycopg
import sqlalchemy

with psycopg.connect(autocommit=True) as connection:
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        row = cursor.execute(
            "SELECT 1::int2, 2::int4, 3::int8, 1.5::float8, 12.340::numeric(10,3), 'é'::text, true,"
            " date '2024-02-29', timestamp '2024-02-29 12:34:56.789', timestamptz '2024-02-29 12:00:00+00',"
            " interval '1 day 2 hours', NULL::int4, ARRAY[1,2,NULL]::int4[]"
        ).fetchone()
        utc = datetime.timezone.utc
        assert row == (
            1, 2, 3, 1.5, decimal.Decimal("12.340"), "é", True,
            datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
            datetime.datetime(2024, 2, 29, 12, 0, tzinfo=utc),
            datetime.timedelta(days=1, hours=2), None, [1, 2, None],
        ), row
        day = datetime.date.today() - datetime.timedelta(days=2)
        count = cursor.execute(
            "SELECT count(*) FROM lake.events WHERE dt = %s AND app_id = ANY(%s)", (day, [1, 2, 3])
        ).fetchone()
        assert count == (750,), count
    try:
        connection.execute("SELECT 1/0")
        raise AssertionError("division by zero must fail")
    except psycopg.errors.DivisionByZero:
        pass

with psycopg.connect() as connection:
    assert connection.execute("SELECT 1").fetchone() == (1,)
    try:
        connection.execute("SELECT nothing")
        raise AssertionError("an unknown column must fail")
    except psycopg.errors.UndefinedColumn:
        pass
    try:
        connection.execute("SELECT 1")
        raise AssertionError("a failed transaction refuses statements")
    except psycopg.errors.InFailedSqlTransaction:
        pass
    connection.rollback()
    assert connection.execute("SELECT 2").fetchone() == (2,)

host, port = os.environ["PGHOST"], os.environ["PGPORT"]
engine = sqlalchemy.create_engine(f"postgresql+psycopg://tributary@{host}:{port}/main")
with engine.connect() as connection:
    rows = connection.execute(
        sqlalchemy.text("SELECT event, count(*) AS n FROM lake.events WHERE dt = current_date - :days GROUP BY event ORDER BY n DESC"),
        {"days": 1},
    ).all()
    assert len(rows) == 4 and rows[0].event == "view", rows
print("psycopg and SQLAlchemy: passed")
