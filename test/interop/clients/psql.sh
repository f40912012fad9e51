#!/usr/bin/env bash
# psql: the whole day of a person at a terminal.
set -euo pipefail

ENDLESS='SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3'

fail() {
  printf 'psql: %s\n  want: %s\n  got:  %s\n' "$1" "$2" "$3"
  exit 1
}

# expect NAME WANT ARGUMENT...
expect() {
  local name=$1 want=$2 got
  shift 2
  got=$(psql -X -A -t -q "$@" 2>&1 | sed 's/^psql:<stdin>:[0-9]*: //') || true
  [ "$got" = "$want" ] || fail "$name" "$want" "$got"
}

# contains NAME PART ARGUMENT...
contains() {
  local name=$1 part=$2 got
  shift 2
  got=$(psql -X "$@" 2>&1) || true
  case $got in
    *"$part"*) ;;
    *) fail "$name" "... $part ..." "$got" ;;
  esac
}

contains 'TLS' 'SSL connection (protocol: TLS' -c '\conninfo'
contains 'a wrong password' 'password authentication failed' "password=wrong" -c 'SELECT 1'
contains 'no TLS by choice of the client' '1' 'sslmode=disable' -c 'SELECT 1'
echo 'ok connect'

# \l of a psql before 17 asks for a column that PostgreSQL 17 renamed.
version=$(psql --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
[ "$version" -lt 17 ] || contains 'databases' 'main' -c '\l'
contains 'schemas' 'sales' -c '\dn'
contains 'tables' 'customers' -c '\dt sales.*'
contains 'comments of tables' 'Customers' -c '\dt+ sales.*'
contains 'columns' 'numeric(12,3)' -c '\d sales.customers'
contains 'views' 'order_totals' -c '\dv sales.*'
contains 'a query of a view' 'order_totals' -c '\d+ sales.order_totals'
contains 'roles' 'bi_user' -c '\du'
contains 'functions' 'Result data type' -c '\df'
contains 'grants' 'sales' -c '\dp sales.*'
echo 'ok browse'

expect 'types' "1|2|3|1.5|2.5|12.340|é|t|2024-02-29|12:34:56|2024-02-29 12:34:56.789|2024-02-29 12:00:00+00|1 day 02:00:00|{1,2,NULL}|{\"a\": [1, null]}|\\xdeadbeef|00000000-0000-0000-0000-00000000002a|" -c "SELECT 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 12.340::numeric(10,3), 'é'::text, true,
  date '2024-02-29', time '12:34:56', timestamp '2024-02-29 12:34:56.789', timestamptz '2024-02-29 12:00:00+00', interval '1 day 2 hours',
  ARRAY[1,2,NULL]::int4[], '{\"a\": [1, null]}'::jsonb, '\\xdeadbeef'::bytea, '00000000-0000-0000-0000-00000000002a'::uuid, NULL::int4"
contains 'types of columns' 'numeric(10,2)' -c 'SELECT 1::numeric(10,2) AS n, current_date AS d \gdesc'
expect 'IntervalStyle' 'P1DT2H' -c "SET IntervalStyle = iso_8601; SELECT interval '1 day 2 hours'"
echo 'ok types'

expect 'prepared' 'n7' -c 'PREPARE one(int) AS SELECT name FROM sales.customers WHERE id = $1; EXECUTE one(7)'
expect 'variables' "it's" -v "who=it's" -f - <<<"SELECT :'who'"
echo 'ok parameters'

got=$(psql -X -A -t -q -v FETCH_COUNT=1000 -c 'SELECT i FROM generate_series(1, 25000) AS g(i)' | tail -1)
[ "$got" = 25000 ] || fail 'FETCH_COUNT' 25000 "$got"
got=$(psql -X -q -c "\\copy (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT csv, HEADER)")
[ "$got" = $'id,name\n1,n1\n2,n2' ] || fail 'copy' 'csv' "$got"
got=$(psql -X -A -t -q <<<'BEGIN; DECLARE c CURSOR FOR SELECT id FROM sales.customers ORDER BY id; MOVE 2 FROM c; FETCH 1 FROM c; CLOSE c; COMMIT;')
[ "$got" = 3 ] || fail 'a cursor' 3 "$got"
echo 'ok cursor'

started=$(date +%s)
psql -X -c "$ENDLESS" >/dev/null 2>"$WORK/psql-cancel" &
running=$!
for _ in $(seq 100); do
  sleep 0.1
  [ "$(psql -X -A -t -q -c "SELECT count(*) FROM tributary.queries WHERE state = 'running' AND query_text LIKE '%1000000%' AND query_text NOT LIKE '%tributary%'")" = 0 ] || break
done
kill -INT "$running"
wait "$running" && fail 'cancel' 'an error' 'an answer'
grep -q 'canceling statement due to user request' "$WORK/psql-cancel" || fail 'cancel' 'canceling statement' "$(cat "$WORK/psql-cancel")"
[ $(($(date +%s) - started)) -lt 20 ] || fail 'cancel' 'at once' 'late'
contains 'statement_timeout' 'canceling statement due to statement timeout' -c 'SET statement_timeout = 100' -c "$ENDLESS"
echo 'ok cancel'

contains 'the position of an error' 'LINE 1: SELECT nowhere FROM' -c 'SELECT nowhere FROM sales.customers'
expect 'an SQLSTATE' 'ERROR:  42703' -v VERBOSITY=sqlstate -c 'SELECT nowhere FROM sales.customers'
expect 'division by zero' 'ERROR:  22012' -v VERBOSITY=sqlstate -c 'SELECT 1 / 0'
for attempt in "SELECT * FROM read_csv('/etc/passwd')" 'SELECT * FROM "/etc/passwd"' "COPY sales.customers TO '/tmp/x'" "ATTACH '/tmp/x'"; do
  if psql -X -c "$attempt" >/dev/null 2>&1; then fail "$attempt" 'refused' 'an answer'; fi
done
echo 'ok error'

expect 'a failed transaction' $'ERROR:  22012\nERROR:  25P02\n3' -v VERBOSITY=sqlstate -f - <<'SQL'
BEGIN;
SELECT 1 / 0;
SELECT 2;
ROLLBACK;
SELECT 3;
SQL
expect 'a savepoint' $'ERROR:  22012\n4' -v VERBOSITY=sqlstate -f - <<'SQL'
BEGIN;
SAVEPOINT one;
SELECT 1 / 0;
ROLLBACK TO one;
SELECT 4;
COMMIT;
SQL
expect 'a read-only transaction' 'on' -c 'BEGIN READ ONLY; SHOW transaction_read_only; COMMIT'
echo 'ok transaction'
