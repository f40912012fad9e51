"""Reads every row of a query with ADBC and prints the milliseconds it took and the rows. Arguments: URL, query."""
import json
import sys
import time

import adbc_driver_postgresql.dbapi

with adbc_driver_postgresql.dbapi.connect(sys.argv[1]) as connection:
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(sys.argv[2])
        rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
        print(json.dumps({"ms": (time.perf_counter() - started) * 1000, "rows": rows}))
