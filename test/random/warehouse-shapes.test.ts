import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RandomSource } from '../support/random-source.ts';
import { openDifferential } from './differential.ts';
import type { Differential } from './differential.ts';
import { WAREHOUSE_SHAPES } from './warehouse-shapes.ts';

const ROUNDS = process.env['CI'] === undefined ? 2 : 10;
const SEED = Number(process.env['RANDOM_SEED'] ?? 5);

describe(`decision support statements answer as DuckDB does over all files (RANDOM_SEED=${SEED})`, () => {
  let differential: Differential;

  beforeAll(async () => {
    differential = await openDifferential(SEED);
  });

  afterAll(async () => {
    await differential.close();
  });

  test.each(WAREHOUSE_SHAPES)(
    '$name',
    async (shape) => {
      const random = new RandomSource(SEED + WAREHOUSE_SHAPES.indexOf(shape));
      for (let round = 0; round < ROUNDS; round++) {
        const text = shape.text(random, differential.tables);
        const outcome = await differential.compare(
          { text, ordered: / ORDER BY [^)]*$/.test(text), needsPruning: false },
          true,
        );
        expect({ text, ...outcome }).toMatchObject({ kind: 'same' });
      }
    },
    120_000,
  );
});
