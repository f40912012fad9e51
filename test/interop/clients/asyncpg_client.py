"""asyncpg: everything in binary, prepared, with types read from the catalog."""

import asyncio
import datetime
import decimal
import os
import ssl
import uuid

import asyncpg

ENDLESS = (
    "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j)"
    " WHERE (a.i * b.j) % 7 = 3"
)


async def main() -> None:
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    connection = await asyncpg.connect(ssl=context)
    assert connection._transport.get_extra_info("ssl_object") is not None
    assert connection.get_server_version().major >= 18
    try:
        await asyncpg.connect(ssl=context, password="wrong")
        raise SystemExit("a wrong password must be refused")
    except asyncpg.InvalidPasswordError:
        pass
    print("ok connect")

    rows = await connection.fetch("SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1", "sales")
    assert ("sales", "customers") in [tuple(row) for row in rows], rows
    names = await connection.fetch("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position", "sales", "customers")
    assert names[0]["column_name"] == "id" and names[0]["data_type"] == "bigint", names
    statement = await connection.prepare("SELECT id, name, tags, score FROM sales.customers WHERE id = $1")
    assert [each.type.name for each in statement.get_attributes()] == ["int8", "varchar", "text[]", "numeric"]
    assert [each.name for each in statement.get_parameters()] == ["int8"]
    print("ok browse")

    utc = datetime.timezone.utc
    values = {
        "int2": 1, "int4": -2, "int8": 2**40, "float4": 1.5, "float8": 2.5, "numeric": decimal.Decimal("12.340"), "text": "é",
        "varchar": "x", "bool": True, "bytea": b"\xde\xad", "date": datetime.date(2024, 2, 29), "time": datetime.time(12, 34, 56),
        "timetz": datetime.time(12, 34, 56, tzinfo=utc), "timestamp": datetime.datetime(2024, 2, 29, 12, 34, 56, 789000),
        "timestamptz": datetime.datetime(2024, 2, 29, 12, 0, tzinfo=utc), "interval": datetime.timedelta(days=1, hours=2),
        "uuid": uuid.UUID(int=42), "json": '{"a": 1}', "jsonb": '{"a": 1}', "int4[]": [1, None, 3], "text[]": ["a", "b,c"],
        "float8[]": [1.5], "date[]": [datetime.date(2024, 2, 29)], "numeric[]": [decimal.Decimal("1.5")], "oid": 42,
    }
    for type_, value in values.items():
        got = await connection.fetchval(f"SELECT $1::{type_}", value)
        assert got == value, (type_, value, got)
        assert await connection.fetchval(f"SELECT $1::{type_}", None) is None
    row = await connection.fetchrow("SELECT * FROM sales.customers WHERE id = 1")
    assert row["created_at"] == datetime.datetime(2024, 1, 1, 1, tzinfo=utc) and row["tags"] is None, row
    print("ok types")

    statement = await connection.prepare("SELECT name FROM sales.customers WHERE id = $1")
    for number in range(1, 12):
        assert await statement.fetchval(number) == f"n{number}"
    assert await connection.fetchval("SELECT count(*) FROM sales.customers WHERE id = ANY($1::bigint[])", [1, 2, 3]) == 3
    assert await connection.fetchval("SELECT $1 || $2", "a", "b") == "ab"
    print("ok parameters")

    async with connection.transaction():
        total = 0
        async for record in connection.cursor("SELECT i FROM generate_series(1, 25000) AS g(i)", prefetch=1000):
            total += record["i"]
        assert total == 25000 * 25001 // 2
        cursor = await connection.cursor("SELECT id FROM sales.customers ORDER BY id")
        assert [row["id"] for row in await cursor.fetch(3)] == [1, 2, 3]
        assert (await cursor.fetchrow())["id"] == 4
    path = os.path.join(os.environ["WORK"], "asyncpg.csv")
    await connection.copy_from_query("SELECT id, name FROM sales.customers WHERE id <= $1 ORDER BY id", 2, output=path, format="csv")
    with open(path, encoding="utf8") as file:
        assert file.read() == "1,n1\n2,n2\n"
    print("ok cursor")

    try:
        await connection.execute(ENDLESS, timeout=1)
        raise SystemExit("a statement over its time must fail")
    except asyncio.TimeoutError:
        pass
    assert await connection.fetchval("SELECT 1") == 1
    running = asyncio.create_task(connection.fetchval(ENDLESS))
    await asyncio.sleep(1)
    running.cancel()
    try:
        await running
        raise SystemExit("a cancelled statement must fail")
    except asyncio.CancelledError:
        pass
    assert await connection.fetchval("SELECT 1") == 1
    print("ok cancel")

    try:
        await connection.fetch("SELECT * FROM nowhere")
        raise SystemExit("an unknown table must fail")
    except asyncpg.UndefinedTableError as error:
        assert error.position == "15", error.position
    try:
        await connection.fetch("SELECT 1 / $1::int", 0)
        raise SystemExit("division by zero must fail")
    except asyncpg.DivisionByZeroError:
        pass
    print("ok error")

    try:
        async with connection.transaction(isolation="serializable", readonly=True):
            try:
                async with connection.transaction():
                    await connection.fetch("SELECT 1/0")
            except asyncpg.DivisionByZeroError:
                pass
            assert await connection.fetchval("SELECT 2") == 2
            raise KeyError
    except KeyError:
        pass
    assert not connection.is_in_transaction()
    await connection.reset()
    await connection.close()
    async with asyncpg.create_pool(ssl=context, min_size=2, max_size=4) as pool:
        answers = await asyncio.gather(*(pool.fetchval("SELECT $1::int", number) for number in range(20)))
        assert answers == list(range(20))
    print("ok transaction")


asyncio.run(main())
