// Reads every row of a query with node-postgres, one by one, and prints the milliseconds it took and the rows.
// Arguments: connection string, `text` or `binary`, query.
import pg from 'pg';

const [url, format, text] = process.argv.slice(2);
const client = new pg.Client({ connectionString: url });
await client.connect();
const started = performance.now();
let rows = 0;
await new Promise((done, failed) => {
  const query = client.query(
    new pg.Query(
      format === 'binary'
        ? // The client's own parsers cannot read binary values: what is measured is how they come.
          {
            text,
            rowMode: 'array',
            queryMode: 'extended',
            binary: true,
            types: { getTypeParser: () => (bytes) => bytes },
          }
        : { text, rowMode: 'array' },
    ),
  );
  query.on('row', () => {
    rows += 1;
  });
  query.on('end', done);
  query.on('error', failed);
});
console.log(JSON.stringify({ ms: performance.now() - started, rows }));
await client.end();
