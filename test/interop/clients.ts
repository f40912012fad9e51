import { join } from 'node:path';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real client: how it comes onto a machine, and the program that does a day's work with it. */
export interface Client {
  readonly name: string;
  /** Where one of these fails the client is not to be had here, and is skipped. */
  install(work: string): readonly Command[];
  build?(work: string): readonly Command[];
  /** Prints `ok <step>` for each of `steps` and ends with 0. */
  run(work: string): Command;
  readonly steps: readonly string[];
}

/** What every client must do: see docs/clients.md. */
const STEPS = [
  'connect',
  'browse',
  'types',
  'parameters',
  'cursor',
  'cancel',
  'error',
  'transaction',
] as const;
const FOLDER = join(import.meta.dirname, 'clients');
const PGJDBC = '42.7.4';
const POSTGRES_JS = '3.4.9';

const shell = (script: string, environment: Readonly<Record<string, string>> = {}): Command => ({
  file: 'bash',
  args: ['-euo', 'pipefail', '-c', script],
  environment,
});

/** A package of the system, where one of its files is not there yet. */
const debian = (file: string, packages: string): Command =>
  shell(
    `[ -e '${file}' ] || command -v '${file}' >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${packages}; }`,
  );

/** All of Python share one environment. */
const packagesOf = (work: string, packages: string): Command =>
  shell(`[ -d "$VENV" ] || python3 -m venv "$VENV"; "$VENV/bin/pip" install --quiet ${packages}`, {
    VENV: join(work, 'python'),
  });

function python(
  name: string,
  packages: string,
  program: string,
  system: readonly Command[] = [],
): Client {
  return {
    name,
    steps: STEPS,
    install: (work) => [...system, packagesOf(work, packages)],
    run: (work) => ({ file: join(work, 'python/bin/python'), args: [join(FOLDER, program)] }),
  };
}

const PSQL = debian('psql', 'postgresql-client');

const PSQLODBC = [
  debian('/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so', 'odbc-postgresql unixodbc'),
];

const pgjdbcJar = (work: string): readonly Command[] => [
  debian('javac', 'default-jdk-headless'),
  shell(
    `mkdir -p "$OUT"; if command -v mvn >/dev/null; then mvn -q -B dependency:copy -Dartifact=org.postgresql:postgresql:${PGJDBC} -DoutputDirectory="$OUT"
else apt-get update -qq && apt-get install -y -qq libpostgresql-jdbc-java && cp /usr/share/java/postgresql.jar "$OUT"; fi`,
    { OUT: join(work, 'pgjdbc') },
  ),
];

const buildPgjdbc = (work: string): readonly Command[] => [
  shell(`javac -cp '${work}/pgjdbc/*' -d '${work}/pgjdbc' '${FOLDER}/pgjdbc/Client.java'`),
];

export const CLIENTS: readonly Client[] = [
  {
    name: 'psql',
    steps: STEPS,
    install: () => [PSQL],
    run: () => ({ file: 'bash', args: [join(FOLDER, 'psql.sh')] }),
  },
  {
    name: 'pgjdbc',
    steps: STEPS,
    install: pgjdbcJar,
    build: buildPgjdbc,
    run: (work) => ({
      file: 'java',
      args: ['-Duser.timezone=UTC', '-cp', `${work}/pgjdbc:${work}/pgjdbc/*`, 'Client'],
    }),
  },
  python('psycopg 3', "'psycopg[binary]'", 'psycopg3_client.py'),
  python('psycopg2', 'psycopg2-binary', 'psycopg2_client.py'),
  python('SQLAlchemy 2', "'psycopg[binary]' sqlalchemy", 'sqlalchemy_client.py'),
  python('psqlodbc', 'pyodbc', 'pyodbc_client.py', PSQLODBC),
  python('asyncpg', 'asyncpg', 'asyncpg_client.py'),
  python('ADBC', 'adbc-driver-postgresql pyarrow', 'adbc_client.py'),
  {
    name: 'pgx',
    steps: STEPS,
    install: () =>
      [
        shell(
          'command -v go >/dev/null || { echo "there is no Go"; exit 1; }; go mod download',
          {},
        ),
      ].map((command) => ({ ...command, cwd: join(FOLDER, 'pgx') })),
    build: (work) => [
      {
        file: 'go',
        args: ['build', '-mod=readonly', '-o', join(work, 'pgx-client'), '.'],
        cwd: join(FOLDER, 'pgx'),
      },
    ],
    run: (work) => ({ file: join(work, 'pgx-client'), args: [] }),
  },
  {
    name: 'node-postgres',
    steps: STEPS,
    install: () => [],
    run: () => ({ file: process.execPath, args: [join(FOLDER, 'node-postgres.mjs')] }),
  },
  {
    name: 'postgres.js',
    steps: STEPS,
    install: (work) => [
      shell(
        `mkdir -p "$OUT" && npm install --silent --no-audit --no-fund --prefix "$OUT" postgres@${POSTGRES_JS}`,
        { OUT: join(work, 'postgres-js') },
      ),
    ],
    run: (work) => ({
      file: process.execPath,
      args: [join(FOLDER, 'postgres-js.mjs')],
      environment: { CLIENT_MODULES: join(work, 'postgres-js') },
    }),
  },
  {
    name: 'tokio-postgres',
    steps: STEPS,
    install: () =>
      [
        shell('command -v cargo >/dev/null || { echo "there is no Rust"; exit 1; }'),
        debian('pkg-config', 'pkg-config libssl-dev'),
        shell('cargo fetch --quiet --locked', {}),
      ].map((command) => ({ ...command, cwd: join(FOLDER, 'tokio-postgres') })),
    build: (work) => [
      {
        file: 'cargo',
        args: ['build', '--quiet', '--locked', '--target-dir', join(work, 'cargo')],
        cwd: join(FOLDER, 'tokio-postgres'),
      },
    ],
    run: (work) => ({ file: join(work, 'cargo/debug/interop'), args: [] }),
  },
  {
    name: 'docs/clients.md',
    steps: ['recipes'],
    install: (work) => [
      PSQL,
      ...PSQLODBC,
      ...pgjdbcJar(work),
      packagesOf(work, "'psycopg[binary]' sqlalchemy pyodbc adbc-driver-postgresql pyarrow"),
    ],
    build: buildPgjdbc,
    run: () => ({
      file: process.execPath,
      args: ['--conditions=source', '--import', 'tsx', join(FOLDER, '../run-recipes.ts')],
    }),
  },
  {
    name: 'demo',
    steps: ['demo'],
    install: () => [PSQL],
    run: () => ({ file: 'bash', args: [join(FOLDER, 'demo.sh')] }),
  },
];
