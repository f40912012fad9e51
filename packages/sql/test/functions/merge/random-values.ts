import type { SqlType } from '../../../src/types/sql-type.ts';

/** A seeded generator (mulberry32): the same numbers for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function pick<T>(list: readonly [T, ...T[]], random: () => number): T {
  return list[Math.floor(random() * list.length)] ?? list[0];
}

const whole = (random: () => number, bound: number): string =>
  String(Math.floor(random() * 2 * bound) - bound);
const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
const clock = (random: () => number): string =>
  `${pad(random() * 24)}:${pad(random() * 60)}:${pad(random() * 60)}.${String(Math.floor(random() * 1e6)).padStart(6, '0')}`;
const day = (random: () => number): string =>
  `20${pad(10 + random() * 20)}-${pad(1 + random() * 12)}-${pad(1 + random() * 28)}`;

/** A value of the type in PostgreSQL's output form, one in five NULL, edges among them. */
export function randomValue(type: SqlType, random: () => number): string | null {
  if (random() < 0.2) return null;
  switch (type.kind) {
    case 'array': {
      const items = Array.from({ length: Math.floor(random() * 4) }, () => {
        const item = randomValue(type.element, random);
        if (item === null) return 'NULL';
        return type.element.kind === 'array' ? item : `"${item.replace(/(["\\])/g, '\\$1')}"`;
      });
      return `{${items.join(',')}}`;
    }
    case 'struct':
    case 'map':
      throw new Error(`no random ${type.kind}`);
    case 'scalar':
      return randomScalar(type, random);
  }
}

function randomScalar(type: Extract<SqlType, { kind: 'scalar' }>, random: () => number): string {
  switch (type.name) {
    case 'bool':
      return random() < 0.7 ? 't' : 'f';
    case 'int2':
      return pick(['0', '-32768', '32767', whole(random, 10), whole(random, 1000)], random);
    case 'int4':
      return pick(['2147483647', '-2147483648', whole(random, 10), whole(random, 1e6)], random);
    case 'int8':
      return pick(['9223372036854775807', '-9223372036854775808', whole(random, 10)], random);
    case 'oid':
      return pick(['4294967295', '7'], random);
    case 'float4':
      return pick(['0', '-0', '1.5', '-2.25', whole(random, 1000)], random);
    case 'float8':
      return pick(['0', '-0', '0.1', '-1e-3', String(random() * 1e6), whole(random, 5)], random);
    case 'numeric': {
      const { scale } = type.digits ?? { scale: 0 };
      const digits = whole(random, 10 ** Math.floor(1 + random() * 8));
      const sign = digits.startsWith('-') ? '-' : '';
      const text = digits.replace('-', '').padStart(scale + 1, '0');
      const point = text.length - scale;
      return scale === 0 ? digits : `${sign}${text.slice(0, point)}.${text.slice(point)}`;
    }
    case 'bytea':
      return pick(['\\x', '\\x00ff', '\\x61', '\\x6162'], random);
    case 'date':
      return pick(['infinity', '-infinity', '0044-03-15 BC', day(random)], random);
    case 'time':
      return pick(['00:00:00', '24:00:00', clock(random)], random);
    case 'timetz':
      return pick(['10:00:00+00', '12:30:00.5+02', '12:30:00.5-03:30', '24:00:00+00'], random);
    case 'timestamp':
      return pick(
        ['infinity', '-infinity', '0044-03-15 10:00:00 BC', `${day(random)} ${clock(random)}`],
        random,
      );
    case 'timestamptz':
      return pick(['infinity', `${day(random)} ${clock(random)}+00`], random);
    case 'interval':
      return pick(
        ['00:00:00', '1 mon', '30 days', '-25:00:00.000001', '1 year 2 mons -3 days +04:05:06.5'],
        random,
      );
    case 'uuid':
      return `00000000-0000-0000-0000-0000000000${pad(random() * 100)}`;
    case 'json':
    case 'jsonb':
      return pick(['{"a": 1}', '[1, null]', '"x"', 'null'], random);
    default:
      return pick(['', 'a', 'B', "it's", 'añ', 'a ', whole(random, 20)], random);
  }
}
