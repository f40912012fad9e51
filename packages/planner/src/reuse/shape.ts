import type { StoredShape } from '@tributary/catalog';
import { mapExpressionChildren } from '@tributary/sql';
import type { Domain, Expression } from '@tributary/sql';
import { canonicalText } from './canonical-text.ts';
import { columnNames } from './cell-columns.ts';
import type { CellFilter, Fragment } from './fragment.ts';

/** What cells hold, under their base: the index keeps it as text, and the whole text is compared. */
export interface Shape {
  readonly form: Fragment['form'];
  /** Canonical texts, sorted. */
  readonly filters: readonly string[];
  /** Texts of partition columns' domains by name. */
  readonly domains: Readonly<Record<string, string>>;
  /** Canonical texts of the keys that are not made of time columns, sorted: column `k<place>` of the files. */
  readonly keys: readonly string[];
  /** Canonical texts, sorted: column `p<place>`. */
  readonly partials: readonly string[];
  readonly order?: { readonly text: string; readonly count: number };
}

const shapes = new WeakMap<Fragment, Shape>();

/** The shape that a fragment asks for. It is compared with every shape of its base. */
export function shapeOf(fragment: Fragment): Shape {
  const known = shapes.get(fragment) ?? newShape(fragment);
  shapes.set(fragment, known);
  return known;
}

function newShape(fragment: Fragment): Shape {
  const { form, filters, domains, keys, partials, order } = fragment;
  return {
    form,
    filters: filters.map(({ text }) => text),
    domains: Object.fromEntries(
      [...domains]
        .map(([name, domain]): [string, string] => [name, domainText(domain)])
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    keys: [...new Set(keys.filter(({ timeOnly }) => !timeOnly).map(({ text }) => text))].sort(),
    partials: partials.map(({ text }) => text).sort(),
    ...(order === undefined ? {} : { order: { text: order.text, count: order.count } }),
  };
}

function domainText(domain: Domain): string {
  return JSON.stringify(domain, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** One text for equal shapes. */
export function shapeText(shape: Shape): string {
  return JSON.stringify(shape);
}

/** Reads a stored shape's text; undefined when it is not one of this version's. */
export function parseShape(text: string): Shape | undefined {
  try {
    const shape = JSON.parse(text) as Partial<Shape>;
    return Array.isArray(shape.filters) &&
      Array.isArray(shape.keys) &&
      Array.isArray(shape.partials) &&
      typeof shape.domains === 'object'
      ? (shape as Shape)
      : undefined;
  } catch {
    return undefined;
  }
}

const parsed = new WeakMap<StoredShape, Shape | 'other'>();

/** What a stored shape is, read once; undefined where its text is not one of this version's. */
export function storedShape(stored: StoredShape): Shape | undefined {
  const known = parsed.get(stored) ?? parseShape(stored.text) ?? 'other';
  parsed.set(stored, known);
  return known === 'other' ? undefined : known;
}

/** Whether cells of a shape may have all the rows that are wanted: whether they are limited by nothing else. */
export function holdsRows(
  stored: Pick<Shape, 'filters' | 'domains'>,
  wanted: Pick<Shape, 'filters' | 'domains'>,
): boolean {
  return (
    stored.filters.every((each) => wanted.filters.includes(each)) &&
    Object.entries(stored.domains).every(([name, text]) => wanted.domains[name] === text)
  );
}

/** How a stored shape serves a fragment. Expressions stand over the scan's columns and are found by text in the stored keys. */
export interface Service {
  readonly shape: Shape;
  /** Conditions that the stored cells do not fulfil by themselves. */
  readonly residual: readonly CellFilter[];
  /** Partition columns whose values are to be limited to those of the kept partitions. */
  readonly residualColumns: readonly string[];
  /** The stored cells answer for exactly the same partitions: versions compare whole. */
  readonly sameRows: boolean;
}

/** Whether cells of a stored shape can answer a fragment, and what is left to do on them. Undefined: they cannot. */
export function serves(stored: Shape, fragment: Fragment): Service | undefined {
  const wanted = shapeOf(fragment);
  if (stored.form !== wanted.form) return undefined;
  if (!holdsRows(stored, wanted)) return undefined;
  if (wanted.partials.some((each) => !stored.partials.includes(each))) return undefined;
  const residual = fragment.filters.filter(({ text }) => !stored.filters.includes(text));
  const residualColumns = Object.keys(wanted.domains).filter((name) => !(name in stored.domains));
  const sameRows = residual.length === 0 && residualColumns.length === 0;
  if (wanted.order !== undefined) {
    const fits =
      stored.order?.text === wanted.order.text && stored.order.count >= wanted.order.count;
    // The first rows of all are not the first rows of some.
    if (!fits || !sameRows) return undefined;
  }
  const available = (expression: Expression): boolean =>
    overStored(expression, fragment, stored, (_, each) => each) !== undefined;
  const columns = residualColumns.map((name) => `{"column":${JSON.stringify(name)}}`);
  return residual.every(({ expression }) => available(expression)) &&
    columns.every((text) => stored.keys.includes(text)) &&
    fragment.keys.every(({ expression }) => available(expression))
    ? { shape: stored, residual, residualColumns, sameRows }
    : undefined;
}

/**
 * An expression over the scan's columns in terms of stored columns: the largest parts whose texts are stored keys, and time
 * columns, by `column(place or name, expression)`. Undefined when something of it is not stored.
 */
export function overStored(
  expression: Expression,
  fragment: Fragment,
  stored: Shape,
  column: (
    stored: { readonly key: number } | { readonly time: number },
    each: Expression,
  ) => Expression,
): Expression | undefined {
  const names = columnNames(fragment.scan);
  let missing = false;
  const rewrite = (each: Expression): Expression => {
    const key = stored.keys.indexOf(canonicalText(each, names));
    if (key !== -1) return column({ key }, each);
    if (each.kind === 'column') {
      const time = fragment.axis.columns.indexOf(names.get(each.id) ?? '');
      if (time !== -1) return column({ time }, each);
      missing = true;
      return each;
    }
    return mapExpressionChildren(each, { plan: (plan) => plan, expression: rewrite });
  };
  const rewritten = rewrite(expression);
  return missing ? undefined : rewritten;
}
