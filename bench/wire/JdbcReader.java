import java.sql.*;

/** Reads every row of a query and prints the milliseconds it took and the rows. Arguments: JDBC URL, query. */
public class JdbcReader {
  public static void main(String[] args) throws Exception {
    try (Connection connection = DriverManager.getConnection(args[0])) {
      connection.setAutoCommit(false);
      for (int round = 0; round < 2; round++) {
        long started = System.nanoTime();
        long rows = 0;
        try (PreparedStatement statement = connection.prepareStatement(args[1])) {
          statement.setFetchSize(10000);
          try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
              result.getLong(1);
              result.getInt(2);
              result.getDouble(3);
              result.getString(5);
              result.getString(6);
              rows++;
            }
          }
        }
        if (round == 1) {
          System.out.println(
              "{\"ms\":" + (System.nanoTime() - started) / 1e6 + ",\"rows\":" + rows + "}");
        }
      }
    }
  }
}
