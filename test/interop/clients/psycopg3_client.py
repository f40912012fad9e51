"""psycopg 3, text and binary, client-side and server-side cursors, pipeline and COPY."""

import datetime
import decimal
import threading
import uuid

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) % 7 = 3"
)
UTC = datetime.timezone.utc

with psycopg.connect(autocommit=True) as connection:
    assert connection.pgconn.ssl_in_use
    assert connection.info.server_version >= 180000
    assert connection.info.parameter_status("server_encoding") == "UTF8"
    try:
        psycopg.connect(password="wrong")
        raise SystemExit("a wrong password must be refused")
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error), error
    print("ok connect")

    tables = connection.execute(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", ("sales",)
    ).fetchall()
    assert ("customers", "BASE TABLE") in tables and ("order_totals", "VIEW") in tables, tables
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'sales' AND table_name = 'customers' ORDER BY ordinal_position"
    ).fetchall()
    assert columns[:2] == [("id", "bigint"), ("name", "character varying")], columns
    info = psycopg.types.TypeInfo.fetch(connection, "jsonb")
    assert info.oid == 3802 and info.array_oid == 3807, info
    print("ok browse")

    values = (
        1, 2**40, 1.5, decimal.Decimal("12.340"), "é", True, None, b"\xde\xad",
        datetime.date(2024, 2, 29), datetime.time(12, 34, 56),
        datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
        datetime.datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
        datetime.timedelta(days=1, hours=2), uuid.UUID(int=42), [1, 2, None], ["a", "b,c"],
    )
    casts = (
        "int4", "int8", "float8", "numeric", "text", "bool", "int4", "bytea", "date", "time", "timestamp",
        "timestamptz", "interval", "uuid", "int4[]", "text[]",
    )
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        for marker in ("%s", "%b", "%t"):
            text = ", ".join(f"{marker}::{cast}" for cast in casts)
            row = cursor.execute(f"SELECT {text}", values).fetchone()
            assert row == values, (binary, marker, row)
        row = cursor.execute("SELECT %s::jsonb, %s::json", (Jsonb({"a": [1, None]}), Jsonb([1]))).fetchone()
        assert row == ({"a": [1, None]}, [1]), row
        for text in ("1.50", "-0.00001", "123456789012345678.5"):
            (got,) = cursor.execute("SELECT %s::numeric", (decimal.Decimal(text),)).fetchone()
            assert str(got) == str(decimal.Decimal(text)), (text, got)
    print("ok types")

    for number in range(1, 12):
        row = connection.execute("SELECT name FROM sales.customers WHERE id = %s", (number,), prepare=True).fetchone()
        assert row == (f"n{number}",), row
    row = connection.execute("SELECT count(*) FROM sales.customers WHERE id = ANY(%s)", ([1, 2, 3],)).fetchone()
    assert row == (3,), row
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (number,)) for number in range(20)]
    assert [cursor.fetchone()[0] for cursor in cursors] == list(range(20))
    named = connection.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE name LIKE %(like)s").format(sql.Identifier("sales", "customers")),
        {"like": "n1%"},
    ).fetchone()
    assert named == (111,), named
    print("ok parameters")

with psycopg.connect() as connection:
    with connection.cursor(name="many") as cursor:
        cursor.itersize = 1000
        cursor.execute("SELECT i FROM generate_series(1, 25000) AS g(i)")
        assert sum(row[0] for row in cursor) == 25000 * 25001 // 2
    with connection.cursor("ordered") as cursor:
        cursor.execute("SELECT id FROM sales.customers ORDER BY id")
        assert cursor.fetchmany(3) == [(1,), (2,), (3,)]
        assert cursor.fetchone() == (4,)
    with connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT") as copy:
            assert list(copy.rows()) == [("1", "n1"), ("2", "n2")]
        with cursor.copy("COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int8", "varchar"])
            assert list(copy.rows()) == [(1, "n1"), (2, "n2")]
    with connection.cursor() as cursor:
        assert [row[0] for row in cursor.stream("SELECT i FROM generate_series(1, 100) AS g(i)")] == list(range(1, 101))
print("ok cursor")

with psycopg.connect(autocommit=True) as connection:
    timer = threading.Timer(1, connection.cancel_safe)
    timer.start()
    try:
        connection.execute(ENDLESS)
        raise SystemExit("a cancelled statement must fail")
    except psycopg.errors.QueryCanceled:
        pass
    timer.join()
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.execute("SET statement_timeout = 200")
    try:
        connection.execute(ENDLESS)
        raise SystemExit("statement_timeout must end it")
    except psycopg.errors.QueryCanceled:
        pass
    print("ok cancel")

    for text, expected in (
        ("SELECT 1/0", psycopg.errors.DivisionByZero),
        ("SELECT nothing", psycopg.errors.UndefinedColumn),
        ("SELECT * FROM nowhere", psycopg.errors.UndefinedTable),
        ("SELEC 1", psycopg.errors.SyntaxError),
        ("SELECT 'x'::int", psycopg.errors.InvalidTextRepresentation),
        ("SELECT 2147483647 + 1", psycopg.errors.NumericValueOutOfRange),
    ):
        connection.execute("RESET statement_timeout")
        try:
            connection.execute(text)
            raise SystemExit(f"must fail: {text}")
        except expected as error:
            assert error.diag.severity == "ERROR", error.diag.severity
    print("ok error")

with psycopg.connect() as connection:
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    try:
        connection.execute("SELECT nothing")
        raise SystemExit("an unknown column must fail")
    except psycopg.errors.UndefinedColumn:
        pass
    try:
        connection.execute("SELECT 1")
        raise SystemExit("a failed transaction refuses statements")
    except psycopg.errors.InFailedSqlTransaction:
        pass
    connection.rollback()
    with connection.transaction():
        try:
            with connection.transaction():
                connection.execute("SELECT 1/0")
        except psycopg.errors.DivisionByZero:
            pass
        assert connection.execute("SELECT 2").fetchone() == (2,)
    connection.isolation_level = None
    connection.read_only = True
    assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
    connection.commit()
print("ok transaction")
