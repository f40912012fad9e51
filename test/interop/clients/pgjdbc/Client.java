import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.postgresql.util.PGInterval;

/** pgjdbc: what DBeaver, Metabase, Tableau and others do through JDBC. */
public final class Client {
  private static final String ENDLESS =
      "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE (a.i * b.j) % 7 = 3";

  private interface Action {
    void run() throws SQLException;
  }

  private static Connection connect(String... settings) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("sslmode", "verify-full");
    properties.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
    for (int index = 0; index < settings.length; index += 2) {
      properties.setProperty(settings[index], settings[index + 1]);
    }
    return DriverManager.getConnection(
        "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/main", properties);
  }

  private static void check(Object got, Object want) {
    if (!(got == null ? want == null : got.equals(want))) {
      throw new AssertionError("want " + want + ", got " + got);
    }
  }

  private static void fails(String state, Action action) {
    try {
      action.run();
    } catch (SQLException error) {
      check(error.getSQLState(), state);
      return;
    }
    throw new AssertionError("must fail with " + state);
  }

  private static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> values = new ArrayList<>();
    while (rows.next()) values.add(rows.getString(name));
    return values;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 1) {
      try (Connection connection = DriverManager.getConnection(arguments[0])) {
        check(connection.isValid(5), true);
      }
      return;
    }
    fails("28P01", () -> connect("password", "wrong").close());
    try (Connection connection = connect()) {
      check(connection.isValid(5), true);
      check(connection.getMetaData().getDatabaseMajorVersion() >= 18, true);
      System.out.println("ok connect");
      browse(connection);
      types(connection, "text");
      types(connection, "binary");
      parameters(connection);
    }
    try (Connection connection = connect("binaryTransfer", "true", "prepareThreshold", "-1")) {
      types(connection, "forced binary");
    }
    System.out.println("ok types");
    System.out.println("ok parameters");
    cursor();
    cancel();
    errors();
    transactions();
  }

  private static void browse(Connection connection) throws SQLException {
    DatabaseMetaData meta = connection.getMetaData();
    List<String> schemas = column(meta.getSchemas(), "TABLE_SCHEM");
    check(schemas.containsAll(List.of("sales", "hr", "public")), true);
    check(column(meta.getCatalogs(), "TABLE_CAT").contains("main"), true);
    List<String> tables = column(meta.getTables(null, "sales", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME");
    check(tables.containsAll(List.of("customers", "orders", "order_totals")), true);
    ResultSet columns = meta.getColumns(null, "sales", "customers", "%");
    columns.next();
    check(columns.getString("COLUMN_NAME"), "id");
    check(columns.getInt("DATA_TYPE"), Types.BIGINT);
    check(column(columns, "TYPE_NAME").get(0), "varchar");
    check(column(meta.getPrimaryKeys(null, "sales", "customers"), "COLUMN_NAME"), List.of());
    check(column(meta.getImportedKeys(null, "sales", "orders"), "FKCOLUMN_NAME"), List.of());
    check(column(meta.getIndexInfo(null, "sales", "orders", false, true), "INDEX_NAME"), List.of());
    check(column(meta.getTableTypes(), "TABLE_TYPE").contains("TABLE"), true);
    check(column(meta.getTypeInfo(), "TYPE_NAME").contains("int8"), true);
    meta.getFunctions(null, "sales", "%").close();
    meta.getProcedures(null, null, "%").close();
    meta.getTablePrivileges(null, "sales", "%").close();
    check(meta.getSQLKeywords().contains("analyze"), true);
    System.out.println("ok browse");
  }

  private static void types(Connection connection, String what) throws SQLException {
    String sql =
        "SELECT ?::int2 AS a, ?::int4 AS b, ?::int8 AS c, ?::float4 AS d, ?::float8 AS e, ?::numeric AS f, ?::text AS g, ?::bool AS h,"
            + " ?::bytea AS i, ?::date AS j, ?::timestamp AS k, ?::timestamptz AS l, ?::uuid AS m, ?::int4[] AS n, ?::jsonb AS o,"
            + " ?::int4 AS p, interval '1 day 2 hours' AS q, time '12:34:56' AS r";
    LocalDateTime moment = LocalDateTime.of(2024, 2, 29, 12, 34, 56, 789_000_000);
    OffsetDateTime instant = OffsetDateTime.parse("2024-02-29T12:00:00Z");
    UUID uuid = new UUID(0, 42);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      // From the fifth execution on the driver prepares it on the server and asks for binary results.
      for (int turn = 0; turn < 8; turn++) {
        statement.setShort(1, (short) 1);
        statement.setInt(2, -2);
        statement.setLong(3, 1L << 40);
        statement.setFloat(4, 1.5f);
        statement.setDouble(5, 2.5);
        statement.setBigDecimal(6, new BigDecimal("12.340"));
        statement.setString(7, "é");
        statement.setBoolean(8, true);
        statement.setBytes(9, new byte[] {(byte) 0xde, (byte) 0xad});
        statement.setObject(10, LocalDate.of(2024, 2, 29));
        statement.setObject(11, moment);
        statement.setObject(12, instant);
        statement.setObject(13, uuid);
        Array array = connection.createArrayOf("int4", new Integer[] {1, null, 3});
        statement.setArray(14, array);
        statement.setObject(15, "{\"a\": [1, null]}", Types.OTHER);
        statement.setNull(16, Types.INTEGER);
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          check(rows.getShort(1), (short) 1);
          check(rows.getInt(2), -2);
          check(rows.getLong(3), 1L << 40);
          check(rows.getFloat(4), 1.5f);
          check(rows.getDouble(5), 2.5);
          check(rows.getBigDecimal(6), new BigDecimal("12.340"));
          check(rows.getString(7), "é");
          check(rows.getBoolean(8), true);
          check(Arrays.toString(rows.getBytes(9)), Arrays.toString(new byte[] {(byte) 0xde, (byte) 0xad}));
          check(rows.getObject(10, LocalDate.class), LocalDate.of(2024, 2, 29));
          check(rows.getObject(11, LocalDateTime.class), moment);
          check(rows.getObject(12, OffsetDateTime.class).toInstant(), instant.toInstant());
          check(rows.getObject(13), uuid);
          check(Arrays.toString((Object[]) rows.getArray(14).getArray()), "[1, null, 3]");
          check(rows.getString(15), "{\"a\": [1, null]}");
          check(rows.getObject(16), null);
          check(rows.getObject(17), new PGInterval("1 day 2 hours"));
          check(rows.getTime(18).toString(), "12:34:56");
          ResultSetMetaData meta = rows.getMetaData();
          check(meta.getColumnTypeName(3), "int8");
          check(meta.getColumnType(6), Types.NUMERIC);
        }
      }
    } catch (AssertionError error) {
      throw new AssertionError(what, error);
    }
  }

  private static void parameters(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM sales.customers WHERE id = ?")) {
      check(statement.getParameterMetaData().getParameterType(1), Types.BIGINT);
      check(statement.getMetaData().getColumnTypeName(1), "varchar");
      for (long id = 1; id <= 12; id++) {
        statement.setLong(1, id);
        check(column(statement.executeQuery(), "name"), List.of("n" + id));
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT count(*) AS n FROM sales.customers WHERE id = ANY(?) AND created_at > ?")) {
      statement.setArray(1, connection.createArrayOf("int8", new Long[] {1L, 2L, 3L}));
      statement.setObject(2, OffsetDateTime.parse("2024-01-01T00:00:00Z"));
      check(column(statement.executeQuery(), "n"), List.of("3"));
    }
  }

  private static void cursor() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.setFetchSize(1000);
      long sum = 0;
      try (ResultSet rows = statement.executeQuery("SELECT i FROM generate_series(1, 25000) AS g(i)")) {
        while (rows.next()) sum += rows.getLong(1);
      }
      check(sum, 25000L * 25001 / 2);
      statement.setMaxRows(10);
      check(column(statement.executeQuery("SELECT i FROM generate_series(1, 25000) AS g(i)"), "i").size(), 10);
      connection.commit();
      java.io.StringWriter copied = new java.io.StringWriter();
      connection.unwrap(org.postgresql.PGConnection.class).getCopyAPI()
          .copyOut("COPY (SELECT id, name FROM sales.customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT csv)", copied);
      check(copied.toString(), "1,n1\n2,n2\n");
    } catch (java.io.IOException error) {
      throw new SQLException(error);
    }
    System.out.println("ok cursor");
  }

  private static void cancel() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      Thread canceller = new Thread(() -> {
        try {
          Thread.sleep(1000);
          statement.cancel();
        } catch (InterruptedException | SQLException error) {
          throw new IllegalStateException(error);
        }
      });
      canceller.start();
      fails("57014", () -> statement.executeQuery(ENDLESS));
      canceller.join();
      statement.setQueryTimeout(1);
      fails("57014", () -> statement.executeQuery(ENDLESS));
      statement.setQueryTimeout(0);
      check(column(statement.executeQuery("SELECT 1 AS one"), "one"), List.of("1"));
    }
    System.out.println("ok cancel");
  }

  private static void errors() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      fails("42P01", () -> statement.executeQuery("SELECT * FROM nowhere"));
      fails("42703", () -> statement.executeQuery("SELECT nothing FROM sales.customers"));
      fails("22012", () -> statement.executeQuery("SELECT 1 / 0"));
      fails("42601", () -> statement.executeQuery("SELEC 1"));
    }
    System.out.println("ok error");
  }

  private static void transactions() throws SQLException {
    try (Connection connection = connect("autosave", "never");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      check(column(statement.executeQuery("SHOW transaction_read_only"), "transaction_read_only"), List.of("on"));
      fails("22012", () -> statement.executeQuery("SELECT 1 / 0"));
      fails("25P02", () -> statement.executeQuery("SELECT 1"));
      connection.rollback();
      java.sql.Savepoint savepoint = connection.setSavepoint("one");
      fails("22012", () -> statement.executeQuery("SELECT 1 / 0"));
      connection.rollback(savepoint);
      check(column(statement.executeQuery("SELECT 2 AS two"), "two"), List.of("2"));
      connection.commit();
    }
    try (Connection connection = connect("autosave", "always");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      check(column(statement.executeQuery("SELECT 1 AS one"), "one"), List.of("1"));
      fails("22012", () -> statement.executeQuery("SELECT 1 / 0"));
      check(column(statement.executeQuery("SELECT 2 AS two"), "two"), List.of("2"));
      connection.commit();
    }
    System.out.println("ok transaction");
  }
}
