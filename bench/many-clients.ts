import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Benchmark } from './report.ts';

const CLIENTS = 100;
const MEMORY = 6e9;

const MIX = [
  'SELECT count(*) FROM lake.events WHERE dt = current_date - 3 AND app_id = 7;',
  'SELECT event, count(*), sum(revenue) FROM lake.events WHERE dt >= current_date - 30 AND app_id = 3 GROUP BY event;',
  'SELECT dt, count(DISTINCT user_id) FROM lake.events WHERE dt >= current_date - 14 GROUP BY dt ORDER BY dt;',
  'SELECT a.name, sum(e.revenue) FROM lake.events e JOIN lake.apps a USING (app_id) WHERE dt >= current_date - 7 GROUP BY a.name;',
  'SELECT * FROM lake.events WHERE dt = current_date - 1 ORDER BY revenue DESC LIMIT 20;',
  'SELECT 1;',
].join('\n');

function psql(port: string): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(
      'psql',
      ['-X', '-q', '-v', 'ON_ERROR_STOP=1', `postgres://tributary@127.0.0.1:${port}/main`],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.once('error', failed);
    child.once('exit', (code) => done(code === 0 ? '' : errors || `exit ${code ?? 'by signal'}`));
    child.stdin.end(MIX);
  });
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

export const manyClients: Benchmark = {
  name: 'many-clients',
  description: `${CLIENTS} psql clients at once on the demo`,
  async run(report) {
    const server = spawn(
      process.execPath,
      [
        '--conditions=source',
        '--import',
        'tsx',
        resolve('packages/server/src/main.ts'),
        'demo',
        '--folder',
        resolve('.cache/bench/demo'),
        '--sql-port',
        '0',
        '--http-port',
        '0',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        // As bin/tributary.js sets it.
        env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
      },
    );
    try {
      const port = await new Promise<string>((found, failed) => {
        let text = '';
        server.stdout.on('data', (data: Buffer) => {
          text += data.toString();
          const match = /ready: sql=[^:]*:(\d+)/.exec(text);
          if (match?.[1] !== undefined) {
            found(match[1]);
          }
        });
        server.once('exit', () => failed(new Error('the demo ended')));
      });
      const started = performance.now();
      const outcomes = await Promise.all(Array.from({ length: CLIENTS }, () => psql(port)));
      const elapsed = performance.now() - started;
      const errors = outcomes.filter((each) => each !== '');
      report({
        what: `${CLIENTS} clients x 6 statements in ${(elapsed / 1000).toFixed(1)} s`,
        figure: `${errors.length} errors${errors[0] === undefined ? '' : `: ${errors[0].slice(0, 200)}`}`,
        bar: 'no error',
        met: errors.length === 0,
      });
      const resident = await residentBytes(server.pid ?? 0);
      report({
        what: 'peak RSS of the server',
        figure: `${(resident / 1e9).toFixed(2)} GB`,
        bar: `within server.memory (${MEMORY / 1e9} GB)`,
        met: resident <= MEMORY,
      });
    } finally {
      server.kill('SIGTERM');
      await new Promise((done) => server.once('exit', done));
    }
  },
};
