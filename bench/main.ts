import { cpus, totalmem } from 'node:os';
import { lakeLocal } from './lake-local.ts';
import { lakeS3 } from './lake-s3.ts';
import { manyClients } from './many-clients.ts';
import { planning } from './planning.ts';
import type { Benchmark } from './report.ts';
import { tpch } from './tpch.ts';

/** `npm run bench [-- name ...]`: ratios against peers in one run on this machine. */
const BENCHMARKS: readonly Benchmark[] = [planning, lakeLocal, lakeS3, tpch, manyClients];

const wanted = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const unknown = wanted.find((name) => !BENCHMARKS.some((each) => each.name === name));
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
  ({ name }) => wanted.length === 0 || wanted.includes(name),
)) {
  console.log(`\n${benchmark.name}: ${benchmark.description}`);
  await benchmark.run(({ what, figure, bar, met }) => {
    missed += met === false ? 1 : 0;
    const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
    console.log(`  ${what} | ${figure} | ${bar} | ${verdict}`);
  });
}
console.log(`\n${missed} bars missed`);
