#!/usr/bin/env bash
# psql: questions, errors with position, \d as far as it goes, variables and a cancelled statement.
set -euo pipefail

expect() {
  local name=$1 want=$2 got
  got=$(psql -X -A -t -q -c "$3" 2>&1) || true
  if [ "$got" != "$want" ]; then
    printf 'psql: %s\n  want: %s\n  got:  %s\n' "$name" "$want" "$got"
    exit 1
  fi
}

expect 'a constant' '1|x' "SELECT 1, 'x'"
expect 'one partition' '250' 'SELECT count(*) FROM lake.events WHERE dt = current_date - 1 AND app_id = 7'
expect 'three parts' '250' 'SELECT count(*) FROM lake.default.events WHERE dt = current_date - 1 AND app_id = 7'
expect 'prepared' '20' 'PREPARE apps AS SELECT count(*) FROM lake.apps WHERE app_id <= $1; EXECUTE apps(20)'

error=$(psql -X -c 'SELECT nowhere FROM lake.events' 2>&1) && { echo 'psql: an unknown column must fail'; exit 1; }
case $error in
  *'column "nowhere" does not exist'*'LINE 1: SELECT nowhere FROM'*) ;;
  *) printf 'psql: error without text or position:\n%s\n' "$error"; exit 1 ;;
esac
for attempt in "SELECT * FROM read_csv('/etc/passwd')" "SELECT * FROM '/etc/passwd'" 'SELECT * FROM "/etc/passwd"' "COPY lake.events TO '/tmp/x'" "ATTACH '/tmp/x'"; do
  if psql -X -c "$attempt" >/dev/null 2>&1; then
    echo "psql: must be refused: $attempt"
    exit 1
  fi
done
psql -X -c '\dt lake.*' | grep -q events
psql -X -c '\d lake.events' | grep -q revenue
psql -X -c '\dn' | grep -q lake
echo 'psql: passed'
