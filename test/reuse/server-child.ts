import { openQueryStack, query } from '../support/query-stack.ts';
import type { KilledRun } from './killed-server.ts';

const run = JSON.parse(process.argv[2] ?? '') as KilledRun;
const stack = await openQueryStack({ folder: run.folder, reuse: run.reuse });
const session = await stack.service.createSession('tributary', new Map());
for (const [index, text] of run.texts.entries()) {
  process.stdout.write(`start ${index}\n`);
  // What a statement answers is of no interest here, nor that it fails.
  await query(session, text).catch(() => undefined);
}
process.stdout.write('done\n');
// Whoever started this kills it.
setInterval(() => undefined, 1000);
