"""ADBC: Arrow over COPY (query) TO STDOUT (FORMAT binary)."""

import os
import threading
import urllib.parse

import adbc_driver_postgresql.dbapi as dbapi
import pyarrow as pa

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) % 7 = 3"
)
uri = "postgresql://{user}:{password}@{host}:{port}/main?sslmode=verify-full&sslrootcert={root}".format(
    user=os.environ["PGUSER"], password=urllib.parse.quote(os.environ["PGPASSWORD"]), host=os.environ["PGHOST"],
    port=os.environ["PGPORT"], root=urllib.parse.quote(os.environ["PGSSLROOTCERT"], safe=""),
)
connection = dbapi.connect(uri)
with connection.cursor() as cursor:
    cursor.execute("SELECT 1 AS one")
    assert cursor.fetchone() == (1,)
try:
    dbapi.connect(uri.replace(urllib.parse.quote(os.environ["PGPASSWORD"]), "wrong"))
    raise SystemExit("a wrong password must be refused")
except dbapi.Error as error:
    assert "password authentication failed" in str(error), error
print("ok connect")

objects = connection.adbc_get_objects(depth="columns", db_schema_filter="sales").read_all().to_pylist()
schemas = {schema["db_schema_name"]: schema for catalog in objects for schema in catalog["catalog_db_schemas"] or []}
tables = {table["table_name"]: table for table in schemas["sales"]["db_schema_tables"]}
assert {"customers", "orders"} <= set(tables), tables.keys()
assert [column["column_name"] for column in tables["customers"]["table_columns"]][:2] == ["id", "name"]
schema = connection.adbc_get_table_schema("customers", db_schema_filter="sales")
assert schema.field("id").type == pa.int64() and schema.field("tags").type == pa.list_(pa.field("item", pa.string())), schema
print("ok browse")

with connection.cursor() as cursor:
    cursor.execute(
        "SELECT 1::int2 AS a, 2::int4 AS b, 3::int8 AS c, 1.5::float4 AS d, 2.5::float8 AS e, 'é'::text AS f, true AS g,"
        " date '2024-02-29' AS h, timestamp '2024-02-29 12:34:56.789' AS i, timestamptz '2024-02-29 12:00:00+00' AS j,"
        " '\\xdead'::bytea AS k, ARRAY[1,2,NULL]::int4[] AS l, NULL::int4 AS m, 12.340::numeric(10,3) AS n"
    )
    table = cursor.fetch_arrow_table()
    types = {field.name: field.type for field in table.schema}
    assert types["a"] == pa.int16() and types["h"] == pa.date32() and types["j"] == pa.timestamp("us", tz="UTC"), types
    (row,) = table.to_pylist()
    assert (row["c"], row["f"], row["g"], row["k"], row["l"], row["m"], row["n"]) == (3, "é", True, b"\xde\xad", [1, 2, None], None, "12.340"), row
    for value in (1, 2.5, "é", True, b"\xde\xad"):
        cursor.execute("SELECT $1", (value,)) if isinstance(value, str) else cursor.execute(
            f"SELECT $1::{({int: 'int8', float: 'float8', bool: 'bool', bytes: 'bytea'})[type(value)]} AS v", (value,)
        )
        assert cursor.fetchone() == (value,), value
print("ok types")

with connection.cursor() as cursor:
    cursor.execute("SELECT name FROM sales.customers WHERE id = $1", (7,))
    assert cursor.fetchone() == ("n7",)
    cursor.executemany("SELECT name FROM sales.customers WHERE id = $1", [(1,), (2,)])
print("ok parameters")

with connection.cursor() as cursor:
    cursor.execute("SELECT i, i::text AS t FROM generate_series(1, 250000) AS g(i)")
    batches = list(cursor.fetch_record_batch())
    assert sum(batch.num_rows for batch in batches) == 250000 and len(batches) >= 1
print("ok cursor")

with connection.cursor() as cursor:
    timer = threading.Timer(1, cursor.adbc_cancel)
    timer.start()
    try:
        cursor.execute(ENDLESS)
        cursor.fetchone()
        raise SystemExit("a cancelled statement must fail")
    except dbapi.Error as error:
        assert error.sqlstate == "57014" or "cancel" in str(error).lower(), error
    timer.join()
connection.rollback()
print("ok cancel")

with connection.cursor() as cursor:
    try:
        cursor.execute("SELECT * FROM nowhere")
        raise SystemExit("an unknown table must fail")
    except dbapi.ProgrammingError as error:
        assert error.sqlstate == "42P01", error.sqlstate
connection.rollback()
print("ok error")

with connection.cursor() as cursor:
    cursor.execute("SELECT 2")
    assert cursor.fetchone() == (2,)
connection.commit()
connection.close()
print("ok transaction")
