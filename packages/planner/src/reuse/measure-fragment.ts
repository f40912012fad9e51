import type { BaseKey, ReuseStore, StoredShape, TableDefinition } from '@tributary/catalog';
import type { ScanListing } from '@tributary/connectors';
import { printDuckdb } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { printFacts } from '../execute/run-plan.ts';
import type { RunContext } from '../execute/run-plan.ts';
import type { Fragment, FragmentFacts, IdSource } from './fragment.ts';
import type { ReuseContext } from './resolve-fragments.ts';
import { holdsRows, parseShape, serves, shapeOf, shapeText, storedShape } from './shape.ts';
import type { Shape } from './shape.ts';
import { unitScan } from './unit-plan.ts';
import type { Window } from './windows.ts';

/** Windows that are looked at: the first, the last and one between. */
const SAMPLE = 3;
/** Bounds are widened by this part of their width on each side: other windows may have a little more. */
const MARGIN = 8n;

interface MeasureContext {
  readonly table: TableDefinition;
  readonly base: BaseKey;
  readonly run: RunContext;
  readonly reuse: ReuseContext;
  readonly ids: IdSource;
}

const NOTE = 'measured ';

/** Under which text the index notes what was measured for a fragment. */
function noteText(fragment: Fragment): string {
  return `${NOTE}${shapeText(shapeOf(fragment))}`;
}

/**
 * What was measured before: for the fragment itself, or for another one that has cells which serve it in the form that was chosen for
 * that one. A coarser question is answered from the cells of a finer one so, though by itself it would have another form.
 */
export async function knownFacts(
  fragment: Fragment,
  shapes: readonly StoredShape[],
  store: Pick<ReuseStore, 'cells'>,
): Promise<FragmentFacts | undefined> {
  if (fragment.measured.length === 0) return undefined;
  const stored = shapes.flatMap((each) => {
    const shape = storedShape(each);
    return shape === undefined ? [] : [{ id: each.id, shape }];
  });
  const serving = (facts: FragmentFacts): readonly number[] => {
    const refined = fragment.refine(facts);
    return stored.flatMap(({ id, shape }) => (serves(shape, refined) === undefined ? [] : [id]));
  };
  const text = noteText(fragment);
  const note = shapes.find((shape) => shape.text === text)?.note ?? null;
  const own = note === null ? undefined : parseFacts(note);
  if (own !== undefined && serving(own).length > 0) return own;
  for (const shape of shapes) {
    const measured = measuredShape(shape);
    // Refining takes long: a base that was asked with many filters has as many notes.
    if (measured === undefined || !holdsRows(measured, shapeOf(fragment))) continue;
    const facts = parseFacts(shape.note ?? '');
    if (facts === undefined || !fragment.measured.every((each) => facts.ranges.has(each.text)))
      continue;
    // A shape may be there for its note alone.
    const ids = serving(facts);
    if (ids.length > 0 && (await store.cells(ids, -Infinity, Infinity)).length > 0) return facts;
  }
  return own;
}

const measuredShapes = new WeakMap<StoredShape, Shape | 'other'>();

/** The shape that a note tells of, read once; undefined where it tells of nothing measured. */
function measuredShape(stored: StoredShape): Shape | undefined {
  if (stored.note === null || !stored.text.startsWith(NOTE)) return undefined;
  const known = measuredShapes.get(stored) ?? parseShape(stored.text.slice(NOTE.length)) ?? 'other';
  measuredShapes.set(stored, known);
  return known === 'other' ? undefined : known;
}

/**
 * Measures the bounds of a fragment's integer values and how many rows its groups have, and notes them. `all`: over all given
 * windows, where a sample was not enough.
 */
export async function measureFragment(
  fragment: Fragment,
  windows: readonly Window[],
  listing: ScanListing,
  context: MeasureContext,
  all = false,
): Promise<FragmentFacts> {
  const { table, run, reuse, base, ids } = context;
  const sample = all ? windows : spread(windows);
  const { scan, filtered, keys } = unitScan(fragment, table, ids);
  const values: Plan = {
    kind: 'project',
    input: filtered,
    columns: [
      ...keys.map(({ column }) => column),
      ...fragment.measured.map(({ expression: { type } }) => ({
        id: ids.next(),
        name: 'value',
        type,
      })),
    ],
    expressions: [
      ...keys.map(({ expression }) => expression),
      ...fragment.measured.map(({ expression }) => expression),
    ],
  };
  const relation = await listing.open(
    { table, columns: scan.scanColumns.map(({ id, source }) => ({ id, name: source })) },
    sample.flatMap(({ partitions }) => partitions),
    { signal: run.signal, now: run.now },
  );
  try {
    const printed = printDuckdb(values, { relation: () => relation, ...printFacts(run) });
    const groups = keys.map(({ column }) => `c${column.id}`).join(', ');
    const measured = values.columns.slice(keys.length).map(({ id }) => id);
    const [row] = await run.engine.rows(
      `SELECT count(*), sum(n), ${measured.map((id) => `min(l${id}), max(h${id})`).join(', ')} FROM (SELECT count(*) AS n, ${measured.map((id) => `min(c${id}) AS l${id}, max(c${id}) AS h${id}`).join(', ')} FROM (${printed.text})${groups === '' ? '' : ` GROUP BY ${groups}`})`,
      printed.parameters,
      { signal: run.signal },
    );
    const [groupCount, rowCount, ...bounds] = row ?? [];
    const rowsPerGroup = Number(rowCount ?? 0) / Math.max(1, Number(groupCount ?? 1));
    const ranges = new Map<string, { low: bigint; high: bigint }>();
    fragment.measured.forEach(({ text }, place) => {
      const [low, high] = [integer(bounds[2 * place]), integer(bounds[2 * place + 1])];
      if (low !== undefined && high !== undefined) {
        const margin = all ? 0n : (high - low) / MARGIN;
        ranges.set(text, {
          low: low >= 0n && low < margin ? 0n : low - margin,
          high: high + margin,
        });
      }
    });
    const facts = { ranges, rowsPerGroup: 2 ** Math.round(Math.log2(Math.max(1, rowsPerGroup))) };
    if (reuse.policy.populate) {
      const { store, failed } = reuse.service;
      store.setShapeNote(base, noteText(fragment), formatFacts(facts)).catch(failed);
    }
    return facts;
  } finally {
    await relation.release();
  }
}

function spread(windows: readonly Window[]): readonly Window[] {
  const last = windows.length - 1;
  const places = Array.from({ length: SAMPLE }, (_, index) =>
    Math.round((index * last) / (SAMPLE - 1)),
  );
  return [...new Set(places)].flatMap((place) => windows[place] ?? []);
}

function integer(value: unknown): bigint | undefined {
  return typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(value) : undefined;
}

function formatFacts({ ranges, rowsPerGroup }: FragmentFacts): string {
  return JSON.stringify({
    rowsPerGroup,
    ranges: [...ranges].map(([text, { low, high }]) => [text, String(low), String(high)]),
  });
}

function parseFacts(note: string): FragmentFacts | undefined {
  try {
    const { rowsPerGroup, ranges } = JSON.parse(note) as {
      rowsPerGroup: number;
      ranges: [string, string, string][];
    };
    return {
      rowsPerGroup,
      ranges: new Map(
        ranges.map(([text, low, high]) => [text, { low: BigInt(low), high: BigInt(high) }]),
      ),
    };
  } catch {
    return undefined;
  }
}
