import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { isQueryError } from '@tributary/sql';
import type { Config } from '../src/config/config.ts';
import { parseConfig } from '../src/config/config.ts';

const FILE = '/srv/tributary/tributary.yaml';

function parse(text: string, environment: Record<string, string> = {}): Config {
  return parseConfig(text, FILE, environment);
}

/** Message and hint of the refusal. */
function refusal(
  text: string,
  environment: Record<string, string> = {},
): { readonly message: string; readonly hint: string | undefined } {
  try {
    parse(text, environment);
  } catch (error) {
    if (!isQueryError(error)) throw error;
    expect(error.code).toBe('invalidConfiguration');
    return { message: error.message, hint: error.hint };
  }
  throw new Error('accepted');
}

describe('a configuration', () => {
  test('has defaults for everything', () => {
    expect(parse('')).toEqual({
      server: {
        memory: expect.any(Number),
        sql: { host: '127.0.0.1', port: 5439 },
        http: { host: '127.0.0.1', port: 8439 },
      },
      state: '/srv/tributary/.tributary',
      catalog: { store: 'embedded' },
      users: undefined,
      administrators: [],
      engine: { threads: 2 },
      objectCache: { maxBytes: 10e9 },
      reuse: { maxBytes: 10e9, mode: 'exact', settle: 2000, answerMemory: 64e6 },
      sources: [],
      bootstrap: [],
    });
  });

  test('is read whole, with paths from the folder of its file', () => {
    const config = parse(
      `server:
  memory: 6GB
  sql: { host: 0.0.0.0, port: 1, tls: { cert: tls/cert.pem, key: /etc/key.pem } }
  http: { host: '::1', port: 65535 }
state: ../state
catalog: { store: postgres://u:p@h/db }
auth: { users: [ { name: ana, password: "\${ANA_PASSWORD}", roles: [analyst, admin] } ], administrators: [admin] }
engine: { threads: 8 }
objectCache: { maxBytes: 512MiB }
reuse: { maxBytes: 1GB, mode: 15 minutes, settle: 5s, answerMemory: 8MB }
sources:
  lake: { connector: lake, root: s3://bucket/prefix, s3: { endpoint: 'http://127.0.0.1:9000', region: eu-west-1,
    accessKeyId: id, secretAccessKey: "\${KEY}", pathStyle: true } }
  files: { root: data }
bootstrap: [ tables.sql, /abs/more.sql ]
`,
      { ANA_PASSWORD: 'secret', KEY: 'se$&cret' },
    );
    expect(config).toEqual({
      server: {
        memory: 6e9,
        sql: {
          host: '0.0.0.0',
          port: 1,
          tls: {
            certFile: '/srv/tributary/tls/cert.pem',
            keyFile: '/etc/key.pem',
            required: false,
          },
        },
        http: { host: '::1', port: 65535 },
      },
      state: '/srv/state',
      catalog: { store: 'postgres://u:p@h/db' },
      users: [{ name: 'ana', password: 'secret', roles: ['analyst', 'admin'] }],
      administrators: ['admin'],
      engine: { threads: 8 },
      objectCache: { maxBytes: 512 * 2 ** 20 },
      reuse: { maxBytes: 1e9, mode: '15 minutes', settle: 5000, answerMemory: 8e6 },
      sources: [
        {
          connector: 'lake',
          name: 'lake',
          root: 's3://bucket/prefix/',
          s3: {
            endpoint: 'http://127.0.0.1:9000',
            region: 'eu-west-1',
            accessKeyId: 'id',
            secretAccessKey: 'se$&cret',
            pathStyle: true,
          },
        },
        { connector: 'lake', name: 'files', root: '/srv/tributary/data/', s3: {} },
      ],
      bootstrap: ['/srv/tributary/tables.sql', '/abs/more.sql'],
    });
  });

  test.each([
    ['600000000', 600_000_000],
    ['600000000B', 600_000_000],
    ['0.6 gb', 600e6],
    ['1GB', 1e9],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['2TiB', 2 * 2 ** 40],
  ])('reads the size %s', (text, bytes) => {
    expect(parse(`server: { memory: ${text} }`).server.memory).toBe(bytes);
  });
});

describe('an unknown key is refused with its line and the nearest known one:', () => {
  test.each([
    ['state: x\nsorces: {}', ':2: sorces: unknown key', 'Did you mean "sources"?'],
    ['server:\n  memroy: 1GB', ':2: server.memroy: unknown key', 'Did you mean "memory"?'],
    ['server:\n  sql:\n    prot: 1', ':3: server.sql.prot: unknown key', 'Did you mean "port"?'],
    [
      'sources:\n  lake:\n    root: /x\n    s3: { accesskeyid: a }',
      ':4: sources.lake.s3.accesskeyid: unknown key',
      'Did you mean "accessKeyId"?',
    ],
    [
      'auth:\n  users:\n    - { name: a, password: b }\n    - { name: a, pasword: b }',
      ':4: auth.users[1].pasword: unknown key',
      'Did you mean "password"?',
    ],
    ['catalog:\n  qqqqqqqq: 1', ':2: catalog.qqqqqqqq: unknown key', 'Known keys: store.'],
  ])('%j', (text, place, hint) => {
    const found = refusal(text);
    expect(found.message).toBe(`${FILE}${place}`);
    expect(found.hint).toBe(hint);
  });
});

describe('what is wrong or missing is refused with its place:', () => {
  test.each([
    ['server: { memory: lots }', ':1: server.memory: a size is expected, such as 6GB or 512MiB'],
    ['server: { memory: -1GB }', ':1: server.memory: a size is expected, such as 6GB or 512MiB'],
    ['server: { memory: 1g }', ':1: server.memory: a size is expected, such as 6GB or 512MiB'],
    ['server: { memory: 1XB }', ':1: server.memory: a size is expected, such as 6GB or 512MiB'],
    ['server: { memory: 100MB }', ':1: server.memory: at least 512MB are needed'],
    [
      'server:\n  sql: { port: 65536 }',
      ':2: server.sql.port: a whole number from 0 to 65535 is expected',
    ],
    [
      'server:\n  sql: { port: 1.5 }',
      ':2: server.sql.port: a whole number from 0 to 65535 is expected',
    ],
    ['engine: { threads: 0 }', ':1: engine.threads: a whole number from 1 to 256 is expected'],
    ['server: 5', ':1: server: a mapping of keys to values is expected'],
    ['bootstrap: tables.sql', ':1: bootstrap: a list is expected'],
    ['state: [a]', ':1: state: a value is expected'],
    ['- a', ':1: a mapping of keys to values is expected'],
    [
      'catalog: { store: mysql://x }',
      ':1: catalog.store: "embedded" or a postgres:// URL is expected',
    ],
    [
      'server:\n  sql:\n    tls: { cert: a.pem, key: b.pem }\nauth: { users: [{ name: ana, certificate: ana }] }',
      ':4: auth: user "ana" needs a certificate, and no authority for clients is known',
    ],
    [
      'server:\n  sql:\n    tls: { cert: a.pem }',
      ':3: server.sql.tls: both cert and key are needed',
    ],
    [
      'server:\n  sql: { host: 0.0.0.0 }',
      ':2: server.sql.host: without auth.users the server listens on loopback addresses only',
    ],
    ['auth: { users: [] }', ':1: auth: at least one user is needed'],
    [
      'auth:\n  users:\n    - { name: ana }',
      ':3: auth.users[0]: a user needs a name, and a password or a certificate',
    ],
    ['sources:\n  lake: {}', ':2: sources.lake: a lake needs a root'],
    ['sources:\n  lake:', ':2: sources.lake: a lake needs a root'],
    [
      'sources:\n  lake: { connector: hive }',
      ':2: sources.lake.connector: connector "hive" is not available',
    ],
    ['sources:\n  w: { connector: postgres }', ':2: sources.w.url: a url is needed'],
    [
      'sources:\n  w: { connector: postgres, url: postgres://h/d }',
      ':2: sources.w.url: the url of source "w" must name a user, a host and a database',
    ],
    [
      'sources:\n  w: { connector: postgres, url: postgres://u@h/d, connectTimeout: 5 }',
      ':2: sources.w.connectTimeout: a time with its unit is expected, such as 500ms, 30s or 15min',
    ],
    [
      'sources:\n  w: { connector: postgres, url: postgres://u@h/d, root: x }',
      ':2: sources.w.root: unknown key',
    ],
    ['sources:\n  Lake: { root: x }', ':2: sources.Lake: "Lake" cannot name a source'],
    ['sources:\n  main: { root: x }', ':2: sources.main: "main" cannot name a source'],
    [
      'sources: { lake: { root: http://x/ } }',
      ':1: sources.lake.root: a folder or s3://bucket/prefix/ is expected',
    ],
    [
      'sources: { lake: { root: s3:// } }',
      ':1: sources.lake.root: a folder or s3://bucket/prefix/ is expected',
    ],
    [
      'sources: { lake: { root: s3://b, s3: { accessKeyId: a } } }',
      ':1: sources.lake.s3: accessKeyId and secretAccessKey go together',
    ],
    [
      'sources: { lake: { root: s3://b, s3: { pathStyle: maybe } } }',
      ':1: sources.lake.s3.pathStyle: true or false is expected',
    ],
    ['state: "${HOME_OF_IT}"', ':1: state: environment variable HOME_OF_IT is not set'],
  ])('%j', (text, message) => {
    expect(refusal(text).message).toBe(`${FILE}${message}`);
  });

  test('a file that is not YAML, or names a key twice', () => {
    expect(refusal('state: [').message).toMatch(/^\/srv\/tributary\/tributary\.yaml: .*line 1/);
    expect(refusal('state: a\nstate: b').message).toMatch(/unique.*line 2/);
  });

  test('never with a secret', () => {
    const environment = { SECRET: 'hunter2' };
    const texts = [
      'catalog: { store: "mysql://${SECRET}" }',
      'auth: { users: [ { name: "${SECRET}", password: "${SECRET}", role: x } ] }',
      'sources: { lake: { root: s3://b, s3: { secretAccessKey: "${SECRET}" } } }',
      'server: { memory: "${SECRET}" }',
    ];
    for (const text of texts)
      expect(JSON.stringify(refusal(text, environment))).not.toContain('hunter2');
  });
});

test('a variable may stand inside a text, and an empty one counts as set', () => {
  const config = parse('sources: { lake: { root: "/data/${A}${B}/x" } }', { A: 'a', B: '' });
  expect(config.sources).toMatchObject([{ root: '/data/a/x/' }]);
});

test('the example of the README is accepted', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  const environment = Object.fromEntries(
    [...readme.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => [name ?? '', 'x']),
  );
  expect(blocks).not.toEqual([]);
  for (const block of blocks) expect(() => parse(block, environment)).not.toThrow();
});

test('a PostgreSQL source takes its password from the environment', () => {
  const text = `sources:
  w: { connector: postgres, url: 'postgres://u@h:5433/d', password: '\${PW}', connections: 8, statementTimeout: 2min, timeColumns: { sales.facts: at } }`;
  expect(parse(text, { PW: 'hunter2' }).sources).toEqual([
    {
      connector: 'postgres',
      name: 'w',
      url: 'postgres://u@h:5433/d',
      password: 'hunter2',
      connections: 8,
      statementTimeout: 120_000,
      timeColumns: { 'sales.facts': 'at' },
    },
  ]);
});
