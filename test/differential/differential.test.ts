import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RandomSource } from '../support/random-source.ts';
import { difference } from './compare.ts';
import { FIXED_STATEMENTS } from './fixed-statements.ts';
import { recognise } from './known-differences.ts';
import { openSides } from './sides.ts';
import type { Sides } from './sides.ts';
import { StatementGenerator } from './statements.ts';
import { RELATIONS } from './tables.ts';

const RUNS = Number(
  process.env['DIFFERENTIAL_RUNS'] ?? (process.env['CI'] === undefined ? 400 : 3000),
);
/** One seed unless asked: a run repeats. Other seeds look for what is not known yet. */
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);

/** Whether listed exceptions are written out. */
const SHOWN = process.env['DIFFERENTIAL_SHOW'] !== undefined;

/** The bar; a short run may meet a few more by chance. */
const MOST_EXCEPTIONS = RUNS >= 3000 ? 0.01 : 0.03;
/** More would mean that the comparison has gone blind. */
const MOST_FAILURES = 0.15;

let sides: Sides;

beforeAll(async () => {
  sides = await openSides();
});

afterAll(async () => {
  await sides.close();
});

describe('the same statement on PostgreSQL and on Tributary', () => {
  test.each(RELATIONS.map(({ name }) => name))('reads every value of %s alike', async (name) => {
    const sql = `SELECT * FROM ${name} ORDER BY id`;
    const [theirs, ours] = await Promise.all([
      sides.postgres.run(sql, []),
      sides.tributary.run(sql, []),
    ]);
    expect(difference(theirs, ours, { inexact: false, ordered: true })).toBeUndefined();
    expect('rows' in theirs && theirs.rows.length).toBeGreaterThan(0);
  });

  test('answers what is seldom generated alike', async () => {
    for (const sql of FIXED_STATEMENTS) {
      const [theirs, ours] = await Promise.all([
        sides.postgres.run(sql, []),
        sides.tributary.run(sql, []),
      ]);
      const found = difference(theirs, ours, { inexact: true, ordered: true });
      expect(found === undefined ? undefined : `${found}: ${sql}`).toBeUndefined();
    }
  });

  test('a series of known bounds is not made whole', async () => {
    const answer = await sides.tributary.run(
      'SELECT i FROM generate_series(1, 1000000000000) AS g(i) LIMIT 2',
      [],
    );
    expect(answer).toMatchObject({ rows: [['1'], ['2']] });
  });

  test(
    `has the same columns and rows, or fails alike: ${RUNS} generated statements of DIFFERENTIAL_SEED=${SEED}`,
    async () => {
      const generator = new StatementGenerator({
        random: new RandomSource(SEED),
        postgresFunctions: sides.postgresFunctions,
      });
      const defects: string[] = [];
      const exceptions = new Map<string, number>();
      let failures = 0;
      for (let run = 0; run < RUNS; run++) {
        const statement = generator.next();
        const [postgres, tributary] = await Promise.all([
          sides.postgres.run(statement.sql, statement.parameters),
          sides.tributary.run(statement.sql, statement.parameters),
        ]);
        if ('sqlstate' in postgres) failures++;
        const found = difference(postgres, tributary, statement);
        if (found === undefined) continue;
        const known = recognise({ statement, postgres, tributary });
        if (known === undefined) {
          defects.push(`${found}\n  ${statement.sql} ${JSON.stringify(statement.parameters)}`);
        } else {
          exceptions.set(known.what, (exceptions.get(known.what) ?? 0) + 1);
          if (SHOWN)
            process.stdout.write(`${known.what.slice(0, 60)}\n  ${found}\n  ${statement.sql}\n`);
        }
      }
      const excepted = [...exceptions.values()].reduce((sum, count) => sum + count, 0);
      process.stdout.write(
        `differential: seed ${SEED}, ${RUNS} statements, ${RUNS - excepted - defects.length} equal ` +
          `(${failures} of them failures), ${excepted} listed exceptions\n`,
      );
      expect(defects).toEqual([]);
      expect(excepted / RUNS).toBeLessThan(MOST_EXCEPTIONS);
      expect(failures / RUNS).toBeLessThan(MOST_FAILURES);
    },
    RUNS * 250 + 60_000,
  );
});
