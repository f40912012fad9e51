import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres } from '../../packages/sql/test/support/postgres.ts';
import type { TestPostgres } from '../../packages/sql/test/support/postgres.ts';
import { openDifferential } from '../random/differential.ts';
import { dialectText } from '../random/dialects.ts';

const RUNS = Number(process.env['RANDOM_RUNS'] ?? (process.env['CI'] === undefined ? 200 : 2000));
const SEED = Number(process.env['RANDOM_SEED'] ?? 271828);
const RUNS_PER_PLACEMENT = 500;
const RULES_OFF_EVERY = 10;
const MOST_FAILURES = 0.02;
const SHOWN = 5;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

describe('random statements over a lake and a warehouse', () => {
  test(
    `${RUNS} statements answer as one DuckDB with all tables does (RANDOM_SEED=${SEED})`,
    async () => {
      const counts: Record<string, number> = {};
      const differences: string[] = [];
      for (let done = 0; done < RUNS; done += RUNS_PER_PLACEMENT) {
        const differential = await openDifferential(SEED + done, postgres);
        try {
          for (let run = 0; run < Math.min(RUNS_PER_PLACEMENT, RUNS - done); run++) {
            const statement = differential.maker.statement();
            const rulesOff = run % RULES_OFF_EVERY === 0 && !statement.needsPruning;
            const { kind, detail } = await differential.compare(statement, rulesOff);
            counts[kind] = (counts[kind] ?? 0) + 1;
            if (['different', 'onlyProductFailed', 'onlyTruthFailed'].includes(kind)) {
              const text = dialectText(statement.text, 'postgres');
              differences.push(
                `seed ${SEED + done}, statement ${run}: ${kind}: ${detail}\n${text}`,
              );
            }
          }
        } finally {
          await differential.close();
        }
      }
      expect(differences.slice(0, SHOWN)).toEqual([]);
      const failed = (counts['bothFailed'] ?? 0) + (counts['truthCannot'] ?? 0);
      expect(failed).toBeLessThanOrEqual(RUNS * MOST_FAILURES);
    },
    30 * 60_000,
  );
});
