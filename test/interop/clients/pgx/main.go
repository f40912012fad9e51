// pgx: describe before bind, binary, batches, cancellation by context.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const endless = `SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3`

var background = context.Background()

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(what string, got, want any) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		panic(fmt.Sprintf("%s: want %v, got %v", what, want, got))
	}
}

func state(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return fmt.Sprint(err)
}

func main() {
	// sslmode, sslrootcert, user and password come from the environment.
	connection := must(pgx.Connect(background, ""))
	defer connection.Close(background)
	config := must(pgx.ParseConfig(""))
	if config.TLSConfig == nil {
		panic("TLS is expected")
	}
	config.Password = "wrong"
	_, err := pgx.ConnectConfig(background, config)
	check("a wrong password", state(err), "28P01")
	fmt.Println("ok connect")

	names := must(pgx.CollectRows(must(connection.Query(background,
		"SELECT table_name FROM information_schema.tables WHERE table_schema = $1", "sales")), pgx.RowTo[string]))
	check("tables", slices.Contains(names, "customers"), true)
	described := must(connection.Prepare(background, "described", "SELECT id, name, score FROM sales.customers WHERE id = $1"))
	check("parameter types", described.ParamOIDs, []uint32{20})
	check("column types", described.Fields[1].DataTypeOID, 1043)
	loaded := must(connection.LoadTypes(background, []string{"jsonb"}))
	check("types", len(loaded) <= 1, true)
	fmt.Println("ok browse")

	var (
		small   int16
		whole   int32
		large   int64
		real    float64
		text    string
		truth   bool
		bytes   []byte
		day     time.Time
		moment  time.Time
		instant time.Time
		list    []*int32
		object  map[string]any
		decimal string
		nothing *string
		uuid    [16]byte
	)
	at := time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.UTC)
	one, three := int32(1), int32(3)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		err = connection.QueryRow(background, `SELECT $1::int2, $2::int4, $3::int8, $4::float8, $5::text, $6::bool, $7::bytea, $8::date,
			$9::timestamp, $10::timestamptz, $11::int4[], $12::jsonb, 12.340::numeric(10,3)::text, NULL::text, $13::uuid`,
			mode, int16(1), int32(-2), int64(1)<<40, 2.5, "é'\\", true, []byte{0xde, 0xad}, at.Truncate(24*time.Hour), at, at,
			[]*int32{&one, nil, &three}, `{"a": null}`, "00000000-0000-0000-0000-00000000002a").
			Scan(&small, &whole, &large, &real, &text, &truth, &bytes, &day, &moment, &instant, &list, &object, &decimal, &nothing, &uuid)
		if err != nil {
			panic(fmt.Sprintf("%v: %v", mode, err))
		}
		check("numbers", []any{small, whole, large, real}, []any{1, -2, int64(1) << 40, 2.5})
		check("others", []any{text, truth, bytes, decimal, nothing == nil, uuid[15]}, []any{"é'\\", true, []byte{0xde, 0xad}, "12.340", true, 42})
		check("times", []any{day.UTC(), moment.UTC(), instant.UTC()}, []any{at.Truncate(24 * time.Hour), at, at})
		check("array", []any{len(list), *list[0], list[1] == nil, *list[2]}, []any{3, 1, true, 3})
		check("json", object, map[string]any{"a": nil})
	}
	fmt.Println("ok types")

	for id := 1; id <= 3; id++ {
		var name string
		if err := connection.QueryRow(background, "SELECT name FROM sales.customers WHERE id = $1", id).Scan(&name); err != nil {
			panic(err)
		}
		check("name", name, fmt.Sprintf("n%d", id))
	}
	batch := &pgx.Batch{}
	for n := range 20 {
		batch.Queue("SELECT $1::int", n)
	}
	results := connection.SendBatch(background, batch)
	for n := range 20 {
		var got int
		if err := results.QueryRow().Scan(&got); err != nil {
			panic(err)
		}
		check("batch", got, n)
	}
	if err := results.Close(); err != nil {
		panic(err)
	}
	fmt.Println("ok parameters")

	transaction := must(connection.Begin(background))
	must(transaction.Exec(background, "DECLARE many CURSOR FOR SELECT i FROM generate_series(1, 25000) AS g(i)"))
	sum := 0
	for {
		part := must(pgx.CollectRows(must(transaction.Query(background, "FETCH FORWARD 1000 FROM many")), pgx.RowTo[int]))
		if len(part) == 0 {
			break
		}
		for _, each := range part {
			sum += each
		}
	}
	check("a cursor", sum, 25000*25001/2)
	if err := transaction.Commit(background); err != nil {
		panic(err)
	}
	file := must(os.CreateTemp(os.Getenv("WORK"), "pgx"))
	must(connection.PgConn().CopyTo(background, file, "COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT csv)"))
	check("copy", string(must(os.ReadFile(file.Name()))), "1,n1\n2,n2\n")
	fmt.Println("ok cursor")

	pool := must(pgxpool.New(background, ""))
	defer pool.Close()
	victim := must(pool.Acquire(background))
	failed := make(chan error)
	go func() {
		_, err := victim.Exec(background, endless)
		failed <- err
	}()
	time.Sleep(time.Second)
	if err := victim.Conn().PgConn().CancelRequest(background); err != nil {
		panic(err)
	}
	check("cancel", state(<-failed), "57014")
	victim.Release()
	limited, stop := context.WithTimeout(background, 500*time.Millisecond)
	_, err = pool.Exec(limited, endless)
	stop()
	check("a deadline", errors.Is(err, context.DeadlineExceeded), true)
	fmt.Println("ok cancel")

	_, err = connection.Exec(background, "SELECT * FROM nowhere")
	check("an unknown table", state(err), "42P01")
	_, err = connection.Exec(background, "SELECT 1 / $1::int", 0)
	check("division by zero", state(err), "22012")
	fmt.Println("ok error")

	transaction = must(connection.BeginTx(background, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly}))
	nested := must(transaction.Begin(background))
	_, err = nested.Exec(background, "SELECT 1/0")
	check("division by zero", state(err), "22012")
	if err := nested.Rollback(background); err != nil {
		panic(err)
	}
	var two int
	if err := transaction.QueryRow(background, "SELECT 2").Scan(&two); err != nil {
		panic(err)
	}
	_, err = transaction.Exec(background, "SELECT nothing")
	check("an unknown column", state(err), "42703")
	_, err = transaction.Exec(background, "SELECT 1")
	check("a failed transaction", state(err), "25P02")
	if err := transaction.Rollback(background); err != nil {
		panic(err)
	}
	fmt.Println("ok transaction")
}
