import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exactQuotient } from '../../src/functions/exact-quotient.ts';
import { numericOf } from '../../src/types/numeric-digits.ts';
import type { TestDuckdb } from '../support/duckdb.ts';
import { openDuckdb } from '../support/duckdb.ts';

let duckdb: TestDuckdb;
beforeAll(async () => {
  duckdb = await openDuckdb();
});
afterAll(() => {
  duckdb.close();
});

/** A generator of its own, so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Shape {
  readonly precision: number;
  readonly scale: number;
}

/** Digits without the point: of any length, near powers of ten and two, and round ones that make ties. */
function unscaledValue({ precision }: Shape, random: () => number): bigint {
  const length = 1 + Math.floor(random() * precision);
  let digits = '';
  const form = random();
  for (let place = 0; place < length; place++) {
    digits += form < 0.2 && place > 0 ? '0' : form < 0.3 ? '9' : String(Math.floor(random() * 10));
  }
  const value = form > 0.85 ? 2n ** BigInt(Math.floor(random() * length * 3)) : BigInt(digits);
  const bounded = value % 10n ** BigInt(precision);
  return random() < 0.5 ? bounded : -bounded;
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}

/** Half away from zero. */
function quotient(a: bigint, left: Shape, b: bigint, right: Shape, scale: number): bigint {
  const dividend = a * 10n ** BigInt(scale + right.scale);
  const divisor = b * 10n ** BigInt(left.scale);
  const abs = (value: bigint): bigint => (value < 0n ? -value : value);
  const rounded = (2n * abs(dividend) + abs(divisor)) / (2n * abs(divisor));
  return dividend < 0n === divisor < 0n ? rounded : -rounded;
}

const SHAPES: readonly (readonly [Shape, Shape, number])[] = [
  [{ precision: 10, scale: 0 }, { precision: 10, scale: 0 }, 16],
  [{ precision: 19, scale: 0 }, { precision: 19, scale: 0 }, 16],
  [{ precision: 7, scale: 2 }, { precision: 1, scale: 0 }, 16],
  [{ precision: 10, scale: 2 }, { precision: 10, scale: 2 }, 16],
  [{ precision: 18, scale: 6 }, { precision: 18, scale: 6 }, 16],
  [{ precision: 38, scale: 2 }, { precision: 19, scale: 0 }, 16],
  [{ precision: 38, scale: 0 }, { precision: 38, scale: 0 }, 16],
  [{ precision: 38, scale: 15 }, { precision: 38, scale: 15 }, 16],
  [{ precision: 38, scale: 16 }, { precision: 38, scale: 16 }, 16],
  [{ precision: 18, scale: 18 }, { precision: 3, scale: 1 }, 18],
  [{ precision: 30, scale: 20 }, { precision: 12, scale: 4 }, 20],
  [{ precision: 5, scale: 0 }, { precision: 12, scale: 12 }, 16],
];

/** What the exact way leaves to another. */
const LEFT = 'NULL';

test.each(SHAPES)(
  '%j / %j to %d places is exact or left to another',
  async (left, right, scale) => {
    const random = generator(left.precision * 1000 + right.precision * 10 + scale);
    const cases: (readonly [bigint, bigint])[] = [];
    while (cases.length < 4000) {
      // A multiple of half a unit in the last place: a tie.
      const isTie = random() < 0.2;
      const tie = 2n * 10n ** BigInt(Math.max(0, scale + right.scale - left.scale));
      const b = isTie && random() < 0.5 ? tie : unscaledValue(right, random);
      const a = isTie
        ? (b * (2n * unscaledValue({ precision: 8, scale: 0 }, random) + 1n)) / tie
        : unscaledValue(left, random);
      const isHeld = (value: bigint, { precision }: Shape): boolean =>
        value < 10n ** BigInt(precision) && value > -(10n ** BigInt(precision));
      if (b === 0n || !isHeld(a, left) || !isHeld(b, right)) continue;
      if (isHeld(quotient(a, left, b, right, scale), { precision: 38, scale })) cases.push([a, b]);
    }
    const rows = cases.map(
      ([a, b], index) =>
        `(${index}, '${decimalText(a, left.scale)}', '${decimalText(b, right.scale)}')`,
    );
    const text = exactQuotient(
      { text: 'a', type: numericOf(left) },
      { text: 'b', type: numericOf(right) },
      scale,
      LEFT,
    );
    const answers = await duckdb.query(
      `SELECT CAST(${text ?? LEFT} AS VARCHAR) FROM (SELECT i, CAST(a AS DECIMAL(${left.precision},${left.scale})) AS a,
      CAST(b AS DECIMAL(${right.precision},${right.scale})) AS b FROM (VALUES ${rows.join(', ')}) t(i, a, b)) ORDER BY i`,
    );
    const wrong = cases.flatMap(([a, b], index) => {
      const answer = answers[index]?.[0];
      const expected = decimalText(quotient(a, left, b, right, scale), scale);
      return answer === null || answer === expected
        ? []
        : [
            `${decimalText(a, left.scale)} / ${decimalText(b, right.scale)} = ${expected}, not ${String(answer)}`,
          ];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
    const found = answers.filter(([answer]) => answer !== null).length;
    expect(found).toBeGreaterThan(cases.length / 10);
  },
);
