#!/usr/bin/env bash
# The demo command: a lake of its own, and psql as the guide says.
set -euo pipefail

server=''
cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
}
trap cleanup EXIT
unset PGSSLMODE PGSSLROOTCERT PGPASSWORD

node packages/server/bin/tributary.js demo --folder "$WORK/demo" --sql-port 0 --http-port 0 --days 60 >"$WORK/demo-out" &
server=$!
for _ in $(seq 600); do
  grep -q '^ready:' "$WORK/demo-out" && break
  kill -0 "$server" || { echo 'the demo server ended'; exit 1; }
  sleep 0.2
done
PGPORT=$(sed -n 's/^ready: sql=[^:]*:\([0-9]*\).*/\1/p' "$WORK/demo-out")
export PGHOST=127.0.0.1 PGPORT PGUSER=tributary PGDATABASE=main

for name in lake.events lake.default.events; do
  got=$(psql -X -A -t -q -c "SELECT count(*) FROM $name WHERE dt = current_date - 1 AND app_id = 7")
  [ "$got" = 250 ] || { echo "demo: 250 events are expected, got $got"; exit 1; }
done
kill -TERM "$server"
wait "$server"
server=''
echo 'ok demo'
