"""psqlodbc through unixODBC and pyodbc: what Excel and Power BI over ODBC do."""

import datetime
import decimal
import os
import threading

import pyodbc

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) % 7 = 3"
)


def connect(more: str = "", password: str = os.environ["PGPASSWORD"]) -> pyodbc.Connection:
    return pyodbc.connect(
        f"Driver={{PostgreSQL Unicode}};Servername={os.environ['PGHOST']};Port={os.environ['PGPORT']};Database=main;"
        f"Username={os.environ['PGUSER']};Password={{{password}}};SSLmode=require;{more}"
    )


connection = connect()
assert connection.getinfo(pyodbc.SQL_DBMS_NAME) == "PostgreSQL"
assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("18"), connection.getinfo(pyodbc.SQL_DBMS_VER)
try:
    connect(password="wrong")
    raise SystemExit("a wrong password must be refused")
except pyodbc.Error as error:
    assert "password authentication failed" in str(error), error
print("ok connect")

cursor = connection.cursor()
tables = {(row.table_schem, row.table_name, row.table_type) for row in cursor.tables(schema="sales")}
assert ("sales", "customers", "TABLE") in tables and ("sales", "order_totals", "VIEW") in tables, tables
columns = [(row.column_name, row.type_name, row.nullable) for row in cursor.columns(table="customers", schema="sales")]
assert columns[0] == ("id", "int8", 1) and columns[1][:2] == ("name", "varchar"), columns
assert list(cursor.primaryKeys(table="customers", schema="sales")) == []
assert list(cursor.foreignKeys(table="orders", schema="sales")) == []
assert isinstance(list(cursor.statistics(table="customers", schema="sales")), list)
assert [row.type_name for row in cursor.getTypeInfo(pyodbc.SQL_INTEGER)] == ["int4"]
print("ok browse")

for more in ("UseServerSidePrepare=1;", "UseServerSidePrepare=0;", "UseDeclareFetch=1;Fetch=100;"):
    with connect(more) as other:
        cursor = other.cursor()
        row = cursor.execute(
            "SELECT ?::int AS a, ?::bigint AS b, ?::float8 AS c, ?::numeric(10,3) AS d, ?::text AS e, ?::bool AS f, ?::date AS g,"
            " ?::timestamp AS h, ?::bytea AS i, NULL::int AS j",
            1, 2**40, 1.5, decimal.Decimal("12.340"), "é", True, datetime.date(2024, 2, 29),
            datetime.datetime(2024, 2, 29, 12, 34, 56), b"\xde\xad",
        ).fetchone()
        assert tuple(row) == (
            1, 2**40, 1.5, decimal.Decimal("12.340"), "é", row[5], datetime.date(2024, 2, 29),
            datetime.datetime(2024, 2, 29, 12, 34, 56), b"\xde\xad", None,
        ), (more, row)
        assert row[5] in (True, "1"), row[5]
print("ok types")

for more in ("UseServerSidePrepare=1;", "UseServerSidePrepare=0;"):
    with connect(more) as other:
        cursor = other.cursor()
        for number in (1, 2, 3):
            assert cursor.execute("SELECT name FROM sales.customers WHERE id = ?", number).fetchone()[0] == f"n{number}"
        assert cursor.execute("SELECT count(*) FROM sales.customers WHERE name LIKE ?", "n1%").fetchone()[0] == 111
print("ok parameters")

with connect("UseDeclareFetch=1;Fetch=1000;") as other:
    cursor = other.cursor()
    cursor.execute("SELECT i FROM generate_series(1, 25000) AS g(i)")
    assert sum(row[0] for row in cursor) == 25000 * 25001 // 2
with connect() as other:
    cursor = other.cursor()
    cursor.execute("SELECT id FROM sales.customers ORDER BY id")
    assert [row[0] for row in cursor.fetchmany(3)] == [1, 2, 3]
print("ok cursor")

cursor = connection.cursor()
timer = threading.Timer(1, cursor.cancel)
timer.start()
try:
    cursor.execute(ENDLESS)
    raise SystemExit("a cancelled statement must fail")
except pyodbc.Error as error:
    assert error.args[0] in ("57014", "HY008"), error
timer.join()
connection.rollback()
print("ok cancel")

cursor = connection.cursor()
try:
    cursor.execute("SELECT * FROM nowhere")
    raise SystemExit("an unknown table must fail")
except pyodbc.Error as error:
    assert error.args[0] in ("42P01", "42S02"), error
connection.rollback()
print("ok error")

# The driver sets a savepoint around every statement (Protocol=7.4-2), so that a failed one does not fail the transaction.
with connect("Protocol=7.4-2;") as other:
    cursor = other.cursor()
    assert cursor.execute("SELECT 1").fetchone()[0] == 1
    try:
        cursor.execute("SELECT 1/0").fetchone()
        raise SystemExit("division by zero must fail")
    except pyodbc.Error:
        pass
    assert cursor.execute("SELECT 2").fetchone()[0] == 2
    other.commit()
connection.close()
print("ok transaction")
