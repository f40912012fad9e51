//! tokio-postgres: prepares everything, binary both ways, portals, pipelining.
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use futures_util::{future::join_all, StreamExt, TryStreamExt};
use native_tls::{Certificate, TlsConnector};
use postgres_native_tls::MakeTlsConnector;
use std::{env, fs, time::Duration};
use tokio_postgres::{types::Type, Client, Config, Error};
use uuid::Uuid;

const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3";

fn tls() -> MakeTlsConnector {
    let root = Certificate::from_pem(&fs::read(env::var("PGSSLROOTCERT").unwrap()).unwrap()).unwrap();
    MakeTlsConnector::new(TlsConnector::builder().add_root_certificate(root).build().unwrap())
}

async fn connect(password: &str) -> Result<Client, Error> {
    let mut config = Config::new();
    config
        .host(&env::var("PGHOST").unwrap())
        .port(env::var("PGPORT").unwrap().parse().unwrap())
        .user(&env::var("PGUSER").unwrap())
        .password(password)
        .dbname("main")
        .ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect(tls()).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn state(error: Error) -> String {
    error.code().map(|code| code.code().to_string()).unwrap_or_else(|| error.to_string())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let password = env::var("PGPASSWORD").unwrap();
    let mut client = connect(&password).await?;
    assert_eq!(connect("wrong").await.map(|_| ()).map_err(state), Err("28P01".to_string()));
    println!("ok connect");

    let rows = client
        .query("SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1", &[&"sales"])
        .await?;
    assert!(rows.iter().any(|row| row.get::<_, String>(0) == "customers"));
    let statement = client.prepare("SELECT id, name, tags FROM sales.customers WHERE id = $1").await?;
    assert_eq!(statement.params(), &[Type::INT8]);
    let types: Vec<_> = statement.columns().iter().map(|column| column.type_().clone()).collect();
    assert_eq!(types, [Type::INT8, Type::VARCHAR, Type::TEXT_ARRAY]);
    println!("ok browse");

    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let moment: NaiveDateTime = day.and_hms_milli_opt(12, 34, 56, 789).unwrap();
    let instant: DateTime<Utc> = moment.and_utc();
    let json = serde_json::json!({"a": [1, null]});
    let row = client
        .query_one(
            "SELECT $1::int2, $2::int4, $3::int8, $4::float4, $5::float8, $6::text, $7::bool, $8::bytea, $9::date, $10::timestamp,
             $11::timestamptz, $12::uuid, $13::jsonb, $14::int4[], NULL::text, $15::json",
            &[&1i16, &-2i32, &(1i64 << 40), &1.5f32, &2.5f64, &"é", &true, &[0xdeu8, 0xad].as_slice(), &day, &moment, &instant,
              &Uuid::from_u128(42), &json, &vec![Some(1i32), None, Some(3)], &json],
        )
        .await?;
    assert_eq!((row.get::<_, i16>(0), row.get::<_, i32>(1), row.get::<_, i64>(2)), (1, -2, 1 << 40));
    assert_eq!((row.get::<_, f32>(3), row.get::<_, f64>(4), row.get::<_, &str>(5)), (1.5, 2.5, "é"));
    assert_eq!((row.get::<_, bool>(6), row.get::<_, &[u8]>(7)), (true, [0xde, 0xad].as_slice()));
    assert_eq!((row.get::<_, NaiveDate>(8), row.get::<_, NaiveDateTime>(9)), (day, moment));
    assert_eq!((row.get::<_, DateTime<Utc>>(10), row.get::<_, Uuid>(11)), (instant, Uuid::from_u128(42)));
    assert_eq!(row.get::<_, serde_json::Value>(12), json);
    assert_eq!(row.get::<_, Vec<Option<i32>>>(13), [Some(1), None, Some(3)]);
    assert_eq!(row.get::<_, Option<String>>(14), None);
    assert_eq!(row.get::<_, serde_json::Value>(15), json);
    println!("ok types");

    for id in 1i64..=3 {
        assert_eq!(client.query_one(&statement, &[&id]).await?.get::<_, &str>(1), format!("n{id}"));
    }
    let ids: Vec<i64> = (1..=20).collect();
    let answers = join_all(ids.iter().map(|id| {
        let (client, statement) = (&client, &statement);
        async move { client.query_one(statement, &[id]).await.map(|row| row.get::<_, i64>(0)) }
    }))
    .await;
    assert_eq!(answers.into_iter().collect::<Result<Vec<_>, _>>()?, ids);
    println!("ok parameters");

    let transaction = client.transaction().await?;
    let portal = transaction.bind("SELECT i FROM generate_series(1, 25000) AS g(i)", &[]).await?;
    let (mut sum, mut parts) = (0i64, 0);
    loop {
        let rows = transaction.query_portal(&portal, 1000).await?;
        if rows.is_empty() {
            break;
        }
        parts += 1;
        sum += rows.iter().map(|row| i64::from(row.get::<_, i32>(0))).sum::<i64>();
    }
    assert_eq!((sum, parts), (25000 * 25001 / 2, 25));
    transaction.commit().await?;
    let copied: Vec<_> = client
        .copy_out("COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT")
        .await?
        .try_collect()
        .await?;
    assert_eq!(copied.concat(), b"1\tn1\n2\tn2\n");
    let streamed = client.query_raw("SELECT i FROM generate_series(1, 2500) AS g(i)", Vec::<i32>::new()).await?;
    assert_eq!(streamed.count().await, 2500);
    println!("ok cursor");

    let token = client.cancel_token();
    let cancel = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        token.cancel_query(tls()).await
    });
    assert_eq!(client.query_one(ENDLESS, &[]).await.map(|_| ()).map_err(state), Err("57014".to_string()));
    cancel.await.unwrap()?;
    println!("ok cancel");

    let error = client.query("SELECT * FROM nowhere", &[]).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().position(), Some(&tokio_postgres::error::ErrorPosition::Original(15)));
    assert_eq!(client.query("SELECT 1 / $1::int", &[&0i32]).await.map(|_| ()).map_err(state), Err("22012".to_string()));
    println!("ok error");

    let mut transaction = client.build_transaction().read_only(true).start().await?;
    let nested = transaction.savepoint("one").await?;
    assert!(nested.query("SELECT 1/0", &[]).await.is_err());
    nested.rollback().await?;
    assert_eq!(transaction.query_one("SELECT 2", &[]).await?.get::<_, i32>(0), 2);
    assert!(transaction.query("SELECT nothing", &[]).await.is_err());
    assert_eq!(transaction.query("SELECT 1", &[]).await.map(|_| ()).map_err(state), Err("25P02".to_string()));
    transaction.rollback().await?;
    println!("ok transaction");
    Ok(())
}
