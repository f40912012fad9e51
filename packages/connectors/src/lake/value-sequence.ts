import type { SqlType } from '@tributary/sql';

const DAY_MS = 86_400_000;
const WHOLE = /^-?\d{1,15}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Pieces that one sequence is made of at most: each costs a comparison per vector. */
const MOST_PIECES = 8;

/** `first + step * (place // run % period)`, from one place on. */
interface Piece {
  readonly first: number;
  readonly step: number;
  /** Places that follow each other with one value. */
  readonly run: number;
  /** Values after which it begins anew; undefined: it does not. */
  readonly period: number | undefined;
  readonly from: number;
  /** Behind its last place. */
  readonly to: number;
}

/**
 * The values of files' partitions as arithmetic on the file's place, for values that count up or down: `first + step * (place //
 * run % period)`, or a few such pieces without a period, where days are missing. Partitions come in that order when neighbouring days,
 * and in each of them neighbouring numbers, are read with as many files each. The engine computes it once for the rows of a file,
 * where a look-up in a list is made for each row.
 *
 * @param place engine text of the file's place, a whole number from 0
 * @returns engine text of the type `engineType`, or undefined: the values are no such sequence
 */
export function valueSequence(
  values: readonly (string | null)[],
  type: SqlType,
  engineType: string,
  place: string,
): string | undefined {
  const numberOf = numbersOf(type);
  if (numberOf === undefined) return undefined;
  const numbers: number[] = [];
  for (const value of values) {
    const number = value === null ? undefined : numberOf(value);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  const whole = wholePiece(numbers);
  const pieces = whole === undefined ? linearPieces(numbers) : [whole];
  if (pieces === undefined || !pieces.every(isSafe)) return undefined;
  const isDate = type.kind === 'scalar' && type.name === 'date';
  const texts = pieces.map((piece) => {
    const turn = turnText(piece, place);
    return isDate
      ? `DATE '${values[piece.from] ?? ''}' + CAST(${turn} AS INTEGER)`
      : `CAST(${piece.first} + ${turn} AS ${engineType})`;
  });
  const last = texts.pop();
  if (last === undefined || texts.length === 0) return last;
  const cases = texts.map(
    (text, index) => `WHEN ${place} < ${pieces[index]?.to ?? 0} THEN ${text}`,
  );
  return `CASE ${cases.join(' ')} ELSE ${last} END`;
}

/** All numbers as one piece, which may begin anew again and again. */
function wholePiece(numbers: readonly number[]): Piece | undefined {
  const [first = 0] = numbers;
  const run = numbers.findIndex((each) => each !== first);
  if (run < 1) return undefined;
  const step = (numbers[run] ?? first) - first;
  let period = 1;
  while (numbers[period * run] === first + period * step) period++;
  const follows = numbers.every(
    (each, index) => each === first + step * (Math.floor(index / run) % period),
  );
  const to = numbers.length;
  return follows
    ? { first, step, run, from: 0, to, period: period * run < to ? period : undefined }
    : undefined;
}

/** The numbers as pieces that go on evenly, each as long as can be; undefined: they are too many. */
function linearPieces(numbers: readonly number[]): readonly Piece[] | undefined {
  const pieces: Piece[] = [];
  let from = 0;
  while (from < numbers.length) {
    if (pieces.length === MOST_PIECES) return undefined;
    const start = from;
    const first = numbers[start] ?? 0;
    let to = start + 1;
    while (to < numbers.length && numbers[to] === first) to++;
    const run = to - start;
    const step = (numbers[to] ?? first) - first;
    while (to < numbers.length && numbers[to] === first + step * Math.floor((to - start) / run))
      to++;
    pieces.push({ first, step, run, from: start, to, period: undefined });
    from = to;
  }
  return pieces;
}

function isSafe({ first, step, run, from, to, period }: Piece): boolean {
  const turns = period ?? Math.ceil((to - from) / run);
  return Number.isSafeInteger(first) && Number.isSafeInteger(first + step * (turns - 1));
}

function turnText({ step, run, from, period }: Piece, place: string): string {
  const own = from === 0 ? place : `(${place} - ${from})`;
  const divided = run === 1 ? own : `${own} // ${run}`;
  const turned = period === undefined ? divided : `${divided} % ${period}`;
  return step === 1 ? turned : `CAST(${turned} AS BIGINT) * ${step}`;
}

function numbersOf(type: SqlType): ((text: string) => number | undefined) | undefined {
  if (type.kind !== 'scalar') return undefined;
  switch (type.name) {
    case 'int2':
    case 'int4':
    case 'int8':
      return (text) => (WHOLE.test(text) ? Number(text) : undefined);
    case 'date':
      return dayOf;
    default:
      return undefined;
  }
}

/** Days since 1970 of a date in the years 0001 to 9999. */
function dayOf(text: string): number | undefined {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined || year === '0000') return undefined;
  const time = Date.parse(`${year}-${month ?? ''}-${day ?? ''}T00:00:00Z`);
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  return exists ? time / DAY_MS : undefined;
}
