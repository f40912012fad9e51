import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { connectClient, formatTable } from '@tributary/client';
import { fetchExtensions } from '@tributary/engine';
import { Command } from 'commander';
import { parseConfig } from './config/config.ts';
import type { Config } from './config/config.ts';
import { demoGuide, prepareDemo } from './demo/demo.ts';
import { createLogger } from './logger.ts';
import { extensionDirectory, startServer } from './server.ts';

const DRAIN_MS = 30_000;
const DEFAULT_URL = 'postgres://tributary@127.0.0.1:5439/main';

/** Aborts at SIGINT or SIGTERM. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}

async function serve(config: Config, level: string, guide: boolean): Promise<void> {
  const stop = stopSignal();
  const logger = createLogger(level);
  const server = await startServer(config, logger, stop);
  const { host } = config.server.sql;
  if (guide) {
    process.stdout.write(
      demoGuide(
        server.sqlPort,
        server.httpPort,
        config.sources.some(({ connector }) => connector === 'postgres'),
      ),
    );
  }
  process.stdout.write(
    `ready: sql=${host}:${server.sqlPort} http=${config.server.http.host}:${server.httpPort}\n`,
  );
  await server.warm();
  await aborted(stop);
  await server.close(AbortSignal.timeout(DRAIN_MS));
}

async function readConfig(file: string): Promise<Config> {
  return parseConfig(await readFile(file, 'utf8'), resolve(file), process.env);
}

async function ask(url: string, text: string): Promise<void> {
  const client = await connectClient(url);
  try {
    process.stdout.write(`${formatTable(await client.query(text))}\n`);
  } finally {
    await client.close();
  }
}

/** The `tributary` command. */
export function createCommand(): Command {
  const command = new Command('tributary').description(
    'One SQL endpoint over a Parquet lake: speaks PostgreSQL, prunes by partition projection.',
  );
  command
    .command('serve')
    .description('serve the sources of a configuration file')
    .option('-c, --config <file>', 'configuration file', 'tributary.yaml')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .action(async (options: { readonly config: string; readonly logLevel: string }) => {
      await serve(await readConfig(options.config), options.logLevel, false);
    });
  command
    .command('demo')
    .description('generate a small lake, serve it and say what to try')
    .option('--folder <folder>', 'where to keep it', '.tributary/demo')
    .option('--sql-port <port>', 'port of the SQL endpoint, 0 for any', '5439')
    .option('--http-port <port>', 'port of the HTTP endpoint, 0 for any', '8439')
    .option('--apps <count>', 'apps in the lake', '20')
    .option('--days <count>', 'days in the lake', '400')
    .option('--log-level <level>', 'debug, info, warn or error', 'warn')
    .action(async (options: Readonly<Record<string, string>>) => {
      const { config, warehouse } = await prepareDemo(
        {
          folder: options['folder'] ?? '',
          sqlPort: Number(options['sqlPort']),
          httpPort: Number(options['httpPort']),
          apps: Number(options['apps']),
          days: Number(options['days']),
        },
        process.stderr,
        new AbortController().signal,
      );
      try {
        await serve(config, options['logLevel'] ?? 'warn', true);
      } finally {
        await warehouse?.close();
      }
    });
  command
    .command('query')
    .description('run a statement on a running server')
    .argument('<sql>')
    .option('--url <url>', 'server', DEFAULT_URL)
    .action((sql: string, options: { readonly url: string }) => ask(options.url, sql));
  command
    .command('explain')
    .description('show how a running server would answer a query')
    .argument('<sql>')
    .option('--url <url>', 'server', DEFAULT_URL)
    .option('--analyze', 'run it and show what it read')
    .action((sql: string, options: { readonly url: string; readonly analyze?: boolean }) =>
      ask(options.url, `EXPLAIN ${options.analyze === true ? 'ANALYZE ' : ''}${sql}`),
    );
  command
    .command('extensions')
    .description('show engine extensions, or fetch them')
    .option('-c, --config <file>', 'configuration file', 'tributary.yaml')
    .option('--state <folder>', 'state folder, instead of a configuration file')
    .option('--fetch <names...>', 'extensions to fetch', [])
    .action(extensions);
  return command;
}

async function extensions(options: {
  readonly config: string;
  readonly state?: string;
  readonly fetch: readonly string[];
}): Promise<void> {
  const state = options.state ?? (await readConfig(options.config)).state;
  const reports = await fetchExtensions(options.fetch, extensionDirectory(resolve(state)));
  for (const { name, state: outcome, detail } of reports) {
    process.stdout.write(`${name}: ${outcome}: ${detail}\n`);
  }
  if (reports.some((report) => report.state === 'failed')) {
    process.exitCode = 1;
  }
}
