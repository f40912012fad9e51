import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { parseConfig } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { DEMO_QUESTIONS, FEDERATED_QUESTIONS, demoTables } from './demo-tables.ts';
import { startDemoWarehouse } from './demo-warehouse.ts';
import type { DemoWarehouse } from './demo-warehouse.ts';
import { generateLake } from './generate-lake.ts';
import type { LakeShape } from './generate-lake.ts';

export interface DemoOptions {
  readonly folder: string;
  readonly sqlPort: number;
  readonly httpPort: number;
  readonly apps: number;
  readonly days: number;
}

const DAY_MS = 86_400_000;

/** Yesterday (UTC): the lake's last whole day. */
function lakeShape({ apps, days }: DemoOptions): LakeShape {
  const lastDay = new Date((Math.floor(Date.now() / DAY_MS) - 1) * DAY_MS);
  return { apps, days, rowsPerFile: 250, lastDay };
}

export interface PreparedDemo {
  readonly config: Config;
  /** Undefined where no PostgreSQL could be started: the demo is then the lake alone. */
  readonly warehouse: DemoWarehouse | undefined;
}

/**
 * Generates the demo's lake (once; kept for later runs of the same day), starts its warehouse, and answers the configuration that
 * serves both. The caller closes the warehouse.
 */
export async function prepareDemo(
  options: DemoOptions,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<PreparedDemo> {
  const folder = resolve(options.folder);
  const shape = lakeShape(options);
  await mkdir(folder, { recursive: true });
  const total = shape.apps * shape.days;
  const bar = new SingleBar({
    stream: output,
    format: 'Generating a lake of events [{bar}] {value}/{total} files',
    noTTYOutput: true,
    notTTYSchedule: 5000,
  });
  bar.start(total, 0);
  try {
    await generateLake(join(folder, 'lake'), shape, (files) => bar.update(files), signal);
  } finally {
    bar.stop();
  }
  await writeFile(join(folder, 'tables.sql'), demoTables(shape));
  const warehouse = await startDemoWarehouse(join(folder, 'warehouse'), options.apps).catch(
    (error: unknown) => {
      output.write(`The demo goes without its warehouse: ${String(error)}\n`);
      return undefined;
    },
  );
  const text = `server: { sql: { port: ${options.sqlPort} }, http: { port: ${options.httpPort} } }
state: ./state
sources:
  lake: { connector: lake, root: ./lake, write: { roles: [] } }
${warehouse === undefined ? '' : "  warehouse: { connector: postgres, url: '${WAREHOUSE_URL}' }\n"}bootstrap: [ tables.sql ]
`;
  const file = join(folder, 'tributary.yaml');
  await writeFile(file, text);
  try {
    // The file stays behind, so that the password is not in it.
    return { config: parseConfig(text, file, { WAREHOUSE_URL: warehouse?.url }), warehouse };
  } catch (error) {
    await warehouse?.close();
    throw error;
  }
}

/** What a person reads once the demo is up. */
export function demoGuide(sqlPort: number, httpPort: number, warehouse: boolean): string {
  const asked = [...DEMO_QUESTIONS, ...(warehouse ? FEDERATED_QUESTIONS : [])];
  const questions = asked.map(({ title, sql }, index) => `-- ${index + 1}. ${title}\n${sql}`);
  return `
Tributary is ready. Connect with any PostgreSQL client:

  psql "postgres://tributary@127.0.0.1:${sqlPort}/main"

and paste, for instance:

${questions.join('\n\n')}

Metrics: http://127.0.0.1:${httpPort}/metrics   Stop with Ctrl-C.
`;
}
