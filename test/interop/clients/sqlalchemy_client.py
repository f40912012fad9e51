"""SQLAlchemy 2 over psycopg 3: engine, inspector, ORM-like queries, server-side cursors."""

import datetime
import decimal
import os
import threading

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, ProgrammingError

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) %% 7 = 3"
)
url = sa.URL.create(
    "postgresql+psycopg", username=os.environ["PGUSER"], password=os.environ["PGPASSWORD"],
    host=os.environ["PGHOST"], port=int(os.environ["PGPORT"]), database="main",
)
engine = sa.create_engine(url, connect_args={"sslmode": "verify-full", "sslrootcert": os.environ["PGSSLROOTCERT"]})
with engine.connect() as connection:
    assert connection.connection.driver_connection.pgconn.ssl_in_use
    assert engine.dialect.server_version_info >= (18,)
    assert engine.dialect.default_schema_name == "public"
print("ok connect")

inspector = sa.inspect(engine)
assert {"sales", "hr", "public"} <= set(inspector.get_schema_names())
assert {"customers", "orders"} <= set(inspector.get_table_names("sales"))
assert "order_totals" in inspector.get_view_names("sales")
columns = {column["name"]: column for column in inspector.get_columns("customers", "sales")}
assert isinstance(columns["score"]["type"], sa.NUMERIC) and columns["score"]["type"].scale == 3
assert isinstance(columns["tags"]["type"], sa.ARRAY)
assert isinstance(columns["created_at"]["type"], sa.TIMESTAMP) and columns["created_at"]["type"].timezone
assert inspector.get_table_comment("customers", "sales") == {"text": "Customers"}
assert inspector.get_pk_constraint("customers", "sales")["constrained_columns"] == []
assert inspector.get_foreign_keys("orders", "sales") == [] and inspector.get_indexes("orders", "sales") == []
assert inspector.has_table("customers", "sales") and not inspector.has_table("nowhere", "sales")
assert "SELECT" in inspector.get_view_definition("order_totals", "sales")
metadata = sa.MetaData()
customers = sa.Table("customers", metadata, schema="sales", autoload_with=engine)
metadata.reflect(engine, schema="hr")
assert "hr.employees" in metadata.tables
print("ok browse")

with engine.connect() as connection:
    values = {
        "i": (sa.Integer, 1), "b": (sa.BigInteger, 2**40), "f": (sa.Float, 1.5), "n": (sa.Numeric(10, 3), decimal.Decimal("12.340")),
        "t": (sa.Text, "é"), "o": (sa.Boolean, True), "d": (sa.Date, datetime.date(2024, 2, 29)),
        "s": (sa.DateTime, datetime.datetime(2024, 2, 29, 12, 34, 56)), "a": (sa.ARRAY(sa.Integer), [1, 2]),
        "v": (sa.Interval, datetime.timedelta(hours=3)), "x": (sa.LargeBinary, b"\xde\xad"),
    }
    row = connection.execute(
        sa.select(*(sa.cast(sa.bindparam(name, value, type_), type_).label(name) for name, (type_, value) in values.items()))
    ).one()
    assert tuple(row) == tuple(value for _, value in values.values()), row
print("ok types")

with engine.connect() as connection:
    name = connection.scalar(sa.select(customers.c.name).where(customers.c.id == 7))
    assert name == "n7"
    counted = connection.execute(
        sa.select(customers.c.country, sa.func.count()).where(customers.c.id.in_([1, 2, 3])).group_by(customers.c.country)
    ).all()
    assert counted == [("DE", 3)], counted
    page = connection.scalars(sa.select(customers.c.id).order_by(customers.c.id.desc()).limit(2).offset(1)).all()
    assert page == [199, 198]
    total = connection.execute(sa.text("SELECT count(*) FROM sales.customers WHERE created_at > :at"), {"at": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)}).scalar_one()
    assert total == 176, total
print("ok parameters")

with engine.connect() as connection:
    result = connection.execution_options(yield_per=1000).execute(sa.text("SELECT i FROM generate_series(1, 25000) AS g(i)"))
    assert sum(result.scalars()) == 25000 * 25001 // 2
print("ok cursor")

with engine.connect() as connection:
    timer = threading.Timer(1, connection.connection.driver_connection.cancel)
    timer.start()
    try:
        connection.exec_driver_sql(ENDLESS)
        raise SystemExit("a cancelled statement must fail")
    except DBAPIError as error:
        assert error.orig.sqlstate == "57014", error
    timer.join()
print("ok cancel")

with engine.connect() as connection:
    try:
        connection.execute(sa.text("SELECT nothing"))
        raise SystemExit("an unknown column must fail")
    except ProgrammingError as error:
        assert error.orig.sqlstate == "42703", error
print("ok error")

with engine.connect() as connection:
    with connection.begin():
        nested = connection.begin_nested()
        try:
            connection.execute(sa.text("SELECT 1/0"))
        except DBAPIError:
            nested.rollback()
        assert connection.scalar(sa.text("SELECT 2")) == 2
    isolated = connection.execution_options(isolation_level="SERIALIZABLE", postgresql_readonly=True)
    assert isolated.scalar(sa.text("SHOW transaction_read_only")) == "on"
engine.dispose()
print("ok transaction")
