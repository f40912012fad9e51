import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { BenchRow } from '../report.ts';
import { metered, ms } from '../report.ts';
import { STATEMENTS, tributaryText } from './audience-statements.ts';
import { WIDE } from './ladder.ts';
import type { Site } from './site.ts';

/** When a cold statement is cancelled (ms after its start): while it lists, and while units run. */
const MOMENTS = [20, 150, 400, 700];
const BAR_MS = 100;
const LATER_MS = 200;
const CANCEL_REQUEST = 80_877_102;

/** Cold statements that are cancelled: when the client hears of it, and what the process still computes then. */
export async function reportCancelled(site: Site, report: (row: BenchRow) => void): Promise<void> {
  const statement = STATEMENTS.find(({ name }) => name.startsWith('revenue and users'));
  if (statement === undefined) throw new Error('there is no such statement');
  const client = new pg.Client({ connectionString: site.server.url });
  await client.connect();
  let longest = 0;
  let busiest = 0;
  try {
    for (const moment of MOMENTS) {
      await site.server.forget();
      await site.server.quiet();
      const [told, after] = await cancelAfter(client, tributaryText(statement, WIDE), moment);
      longest = Math.max(longest, told);
      busiest = Math.max(busiest, after);
    }
  } finally {
    await client.end();
  }
  report({
    what: `${site.label}, cold statements cancelled after ${MOMENTS.join(', ')} ms: the longest wait`,
    figure: `${ms(longest)}, then ${ms(busiest)} of processor time in ${LATER_MS} ms`,
    bar: `${BAR_MS} ms, then nothing runs`,
    met: longest <= BAR_MS && busiest <= BAR_MS / 2,
  });
}

async function cancelAfter(
  client: pg.Client,
  text: string,
  moment: number,
): Promise<readonly [told: number, after: number]> {
  const outcome = client.query(text).then(
    () => 'answered',
    (error: unknown) => String(error),
  );
  await pause(moment);
  const cancelled = performance.now();
  await sendCancel(client);
  const message = await outcome;
  const told = performance.now() - cancelled;
  if (!message.includes('cancel')) throw new Error(`the statement was not cancelled: ${message}`);
  const { cpu } = await metered(() => pause(LATER_MS));
  return [told, cpu];
}

/** PostgreSQL's request to cancel what a connection runs, on a connection of its own. */
async function sendCancel(client: pg.Client): Promise<void> {
  const { processID, secretKey, host, port } = client as pg.Client & {
    readonly processID: number;
    readonly secretKey: number;
  };
  const request = Buffer.alloc(16);
  for (const [place, value] of [16, CANCEL_REQUEST, processID, secretKey].entries()) {
    request.writeInt32BE(value | 0, place * 4);
  }
  const socket = connect(port, host);
  await once(socket, 'connect');
  socket.end(request);
  socket.resume();
  await once(socket, 'close');
}
