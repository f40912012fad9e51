import { cpus, totalmem } from 'node:os';
import { catalog } from './catalog.ts';
import { lakeLocal } from './lake-local.ts';
import { lakeS3 } from './lake-s3.ts';
import { manyClients } from './many-clients.ts';
import { planning } from './planning.ts';
import type { Benchmark } from './report.ts';
import { reuseGrowth } from './reuse/growth.ts';
import { reuseDay, reusePartition, reuseS3 } from './reuse/reuse-ladders.ts';
import { reuseSteps } from './reuse/reuse-steps.ts';
import { tpcds } from './tpcds.ts';
import { tpch } from './tpch.ts';
import { warehouseKeys } from './warehouse/dynamic-filters.ts';
import { warehouseRows } from './warehouse/rows-moved.ts';
import { warehouseTpch } from './warehouse/tpch-split.ts';
import { warehouseWhole } from './warehouse/tpch-whole.ts';
import { warehouseWindows } from './warehouse/windows.ts';
import { cancelled, endedStatements } from './wire/ended-statements.ts';
import { manyConnections, stoppedReader } from './wire/slow-clients.ts';
import { statements } from './wire/statements.ts';
import { wire } from './wire/wire.ts';

/** `npm run bench [-- name ...]`: ratios against peers in one run on this machine. `reuse` or `clients` name all that begin with it. */
const BENCHMARKS: readonly Benchmark[] = [
  planning,
  lakeLocal,
  lakeS3,
  tpch,
  tpcds,
  manyClients,
  wire,
  catalog,
  statements,
  manyConnections,
  stoppedReader,
  cancelled,
  endedStatements,
  reuseDay,
  reusePartition,
  reuseS3,
  reuseSteps,
  reuseGrowth,
  warehouseTpch,
  warehouseWhole,
  warehouseKeys,
  warehouseRows,
  warehouseWindows,
];
const named = (benchmark: Benchmark, name: string): boolean =>
  benchmark.name === name || benchmark.name.startsWith(`${name}-`);

const wanted = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const unknown = wanted.find((name) => !BENCHMARKS.some((each) => named(each, name)));
if (unknown !== undefined) {
  process.stderr.write(
    `no benchmark "${unknown}": ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const [cpu] = cpus();
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
let missed = 0;
for (const benchmark of BENCHMARKS.filter(
  (each) => wanted.length === 0 || wanted.some((name) => named(each, name)),
)) {
  console.log(`\n${benchmark.name}: ${benchmark.description}`);
  await benchmark.run(({ what, figure, bar, met }) => {
    missed += met === false ? 1 : 0;
    const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
    console.log(`  ${what} | ${figure} | ${bar} | ${verdict}`);
  });
}
console.log(`\n${missed} bars missed`);
