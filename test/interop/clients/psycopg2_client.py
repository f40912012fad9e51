"""psycopg2: the simple protocol with parameters in the text, named cursors."""

import datetime
import decimal
import threading

import psycopg2
import psycopg2.errorcodes
import psycopg2.extras

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) %% 7 = 3"
)

connection = psycopg2.connect("")
assert connection.info.ssl_in_use
assert connection.server_version >= 180000
try:
    psycopg2.connect("password=wrong")
    raise SystemExit("a wrong password must be refused")
except psycopg2.OperationalError as error:
    assert "password authentication failed" in str(error), error
print("ok connect")

with connection.cursor() as cursor:
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'sales' ORDER BY 1")
    assert ("customers",) in cursor.fetchall()
    cursor.execute("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'sales.customers'::regclass AND attnum > 0 ORDER BY attnum")
    assert cursor.fetchall()[7] == ("score", "numeric(12,3)")
print("ok browse")

values = (
    1, 2**40, 1.5, decimal.Decimal("12.340"), "é'\\", True, None, datetime.date(2024, 2, 29), datetime.time(12, 34, 56),
    datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
    datetime.datetime(2024, 2, 29, 12, 0, tzinfo=datetime.timezone.utc), datetime.timedelta(days=1, hours=2), [1, 2, None],
)
casts = ("int", "int8", "float8", "numeric", "text", "bool", "int", "date", "time", "timestamp", "timestamptz", "interval", "int[]")
with connection.cursor() as cursor:
    cursor.execute(f"SELECT {', '.join(f'%s::{cast}' for cast in casts)}", values)
    assert cursor.fetchone() == values
    cursor.execute("SELECT %s::bytea, %s::jsonb", (psycopg2.Binary(b"\xde\xad"), psycopg2.extras.Json({"a": 1})))
    data, document = cursor.fetchone()
    assert bytes(data) == b"\xde\xad" and document == {"a": 1}
    cursor.execute("SELECT 1::int2 AS a, 'x'::varchar(3) AS b, 1::numeric(10,2) AS c")
    assert [(each.name, each.type_code) for each in cursor.description] == [("a", 21), ("b", 1043), ("c", 1700)]
print("ok types")

with connection.cursor() as cursor:
    cursor.execute("SELECT name FROM sales.customers WHERE id = %(id)s", {"id": 7})
    assert cursor.fetchone() == ("n7",)
    cursor.execute("SELECT count(*) FROM sales.customers WHERE name IN %s", (("n1", "n2", "it's"),))
    assert cursor.fetchone() == (2,)
    cursor.execute("SELECT 1; SELECT 2")
    assert cursor.fetchone() == (2,)
connection.rollback()
print("ok parameters")

with connection.cursor(name="many") as cursor:
    cursor.itersize = 1000
    cursor.execute("SELECT i FROM generate_series(1, 25000) AS g(i)")
    assert sum(row[0] for row in cursor) == 25000 * 25001 // 2
connection.commit()
print("ok cursor")

timer = threading.Timer(1, connection.cancel)
timer.start()
with connection.cursor() as cursor:
    try:
        cursor.execute(ENDLESS, ())
        raise SystemExit("a cancelled statement must fail")
    except psycopg2.errors.QueryCanceled as error:
        assert error.pgcode == psycopg2.errorcodes.QUERY_CANCELED
timer.join()
connection.rollback()
print("ok cancel")

with connection.cursor() as cursor:
    try:
        cursor.execute("SELECT * FROM nowhere")
        raise SystemExit("an unknown table must fail")
    except psycopg2.errors.UndefinedTable as error:
        assert error.diag.statement_position == "15", error.diag.statement_position
print("ok error")

with connection.cursor() as cursor:
    try:
        cursor.execute("SELECT 1")
        raise SystemExit("a failed transaction refuses statements")
    except psycopg2.errors.InFailedSqlTransaction:
        pass
    connection.rollback()
    cursor.execute("SAVEPOINT one")
    try:
        cursor.execute("SELECT 1/0")
    except psycopg2.errors.DivisionByZero:
        cursor.execute("ROLLBACK TO one")
    cursor.execute("SELECT 2")
    assert cursor.fetchone() == (2,)
connection.commit()
connection.set_session(readonly=True, isolation_level="SERIALIZABLE")
with connection.cursor() as cursor:
    cursor.execute("SHOW transaction_read_only")
    assert cursor.fetchone() == ("on",)
connection.close()
print("ok transaction")
