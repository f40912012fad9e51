/** Whole numbers from 0 below `below`, the same ones for the same seed (mulberry32). */
export type Chance = (below: number) => number;

export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

function pick<T>(chance: Chance, values: readonly [T, ...T[]]): T {
  return values[chance(values.length)] ?? values[0];
}

const STATEMENTS = [
  'SELECT 1',
  'SELECT i, i::text, i * 1.5 FROM generate_series(1, 50) g(i)',
  'SELECT $1::int + $2::int8, $3::text',
  "SELECT relname FROM pg_class WHERE relname = 'events'",
  'BEGIN',
  'COMMIT',
  'ROLLBACK TO a',
  'SAVEPOINT a',
  'DECLARE c CURSOR FOR SELECT * FROM generate_series(1, 9) g(i)',
  'FETCH 3 FROM c',
  'COPY (SELECT 1, NULL) TO STDOUT (FORMAT binary)',
  "SET TimeZone = 'Europe/Berlin'",
  'SHOW ALL',
  "SELECT '2024-01-31'::date, ARRAY[1, NULL, 3], '{\"a\": 1}'::jsonb, 1/0",
  'PREPARE p AS SELECT $1::int',
  'EXECUTE p(1)',
  'DEALLOCATE ALL',
  'SELECT 1; SELECT 2; SELEC 3',
  ';;',
  '',
] as const;

const NAMES = ['', '', 'a', 'b', 'c', 'p'] as const;

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const cstring = (text: string): Buffer => Buffer.from(`${text}\0`);

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function value(chance: Chance): Buffer {
  if (chance(5) === 0) return int32(-1);
  const bytes = pick(chance, [
    Buffer.from('1'),
    Buffer.from('x'),
    Buffer.alloc(0),
    int32(chance(2 ** 31)),
    Buffer.from(Array.from({ length: chance(40) }, () => chance(256))),
  ]);
  return Buffer.concat([int32(bytes.length), bytes]);
}

function list(chance: Chance, most: number, item: () => Buffer): Buffer {
  const count = chance(most + 1);
  return Buffer.concat([int16(count), ...Array.from({ length: count }, item)]);
}

/** A message that a client might send, as it should be. */
function proper(chance: Chance): Buffer {
  const name = (): Buffer => cstring(pick(chance, NAMES));
  const sql = (): Buffer => cstring(pick(chance, STATEMENTS));
  const kind = (): Buffer => Buffer.from(pick(chance, ['S', 'P']));
  const oid = (): Buffer => int32(pick(chance, [0, 20, 23, 25, 1700, 1007, 99999]));
  const format = (): Buffer => int16(chance(3));
  switch (chance(14)) {
    case 0:
    case 1:
      return message('Q', sql());
    case 2:
    case 3:
      return message('P', name(), sql(), list(chance, 3, oid));
    case 4:
    case 5:
      return message(
        'B',
        name(),
        name(),
        list(chance, 3, format),
        list(chance, 3, () => value(chance)),
        list(chance, 3, format),
      );
    case 6:
      return message('D', kind(), name());
    case 7:
    case 8:
      return message('E', name(), int32(chance(4)));
    case 9:
      return message('C', kind(), name());
    case 10:
      return message('H');
    case 11:
      return message(pick(chance, ['d', 'c', 'f', 'F', 'p']), sql());
    default:
      return message('S');
  }
}

/** The bytes with one thing wrong, most of the time. */
function mutated(chance: Chance, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = chance(Math.max(1, copy.length));
  switch (chance(10)) {
    case 0:
      copy[at] = chance(256);
      return copy;
    case 1:
      for (let index = 0; index < 4; index++) copy[chance(copy.length)] = chance(256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy]);
    case 4:
      // Another length than the message has.
      if (copy.length >= 5)
        copy.writeUInt32BE(pick(chance, [0, 3, 4, 5, 64, 2 ** 31, 2 ** 32 - 1]), 1);
      return copy;
    case 5:
      return Buffer.from(Array.from({ length: 1 + chance(60) }, () => chance(256)));
    default:
      return copy;
  }
}

/** The first packet of a connection, proper three times in four. */
function startup(chance: Chance): Buffer {
  const packet = (code: number, rest: Buffer): Buffer =>
    Buffer.concat([int32(8 + rest.length), int32(code), rest]);
  const ordinary = packet(3 << 16, cstring('user\0tributary\0database\0main\0'));
  return pick(chance, [
    ordinary,
    ordinary,
    ordinary,
    mutated(
      chance,
      pick(chance, [
        ordinary,
        packet(80877103, Buffer.alloc(0)),
        packet(80877104, Buffer.alloc(0)),
        packet(80877102, Buffer.alloc(8)),
        packet((3 << 16) | 9, cstring('user\0tributary\0_pq_.x\0y\0')),
      ]),
    ),
  ]);
}

export interface Conversation {
  readonly packets: readonly Buffer[];
  /** Messages among them, the first packet included. */
  readonly messages: number;
}

/** What one client sends before it hangs up: a first packet and up to `most` messages, proper and not. */
export function conversation(chance: Chance, most: number): Conversation {
  const count = 1 + chance(most);
  return {
    messages: count + 1,
    packets: [
      startup(chance),
      ...Array.from({ length: count }, () => mutated(chance, proper(chance))),
    ],
  };
}
