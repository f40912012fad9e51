import type { Expression } from '../plan/expression.ts';
import type { Plan, RemoteQueryPlan, ScanPlan } from '../plan/plan.ts';
import { TEXT, TIMESTAMPTZ } from '../types/sql-type.ts';
import { duckdbDialect } from './duckdb-dialect.ts';
import { duckdbLiteral } from './duckdb-literal.ts';
import { createPrinter, printStatement } from './plan-printer.ts';
import type { Printer } from './printer.ts';
import { columnName } from './printer.ts';
import type { Scope } from './scope.ts';
import { columnDefinition } from './scope.ts';

/** What a scan reads: a parenthesised SELECT whose columns are named `c<id>`; `{0}`, `{1}` stand for its parameters. */
export interface RelationText<P> {
  readonly text: string;
  readonly parameters: readonly P[];
}

export interface PrintDuckdbOptions<P> {
  relation(scan: ScanPlan | RemoteQueryPlan): RelationText<P>;
  /** IANA name of the session's TimeZone. */
  readonly timeZone: string;
  /** The statement's frozen now(): timestamptz text in UTC, `2024-02-29 12:34:56.789012+00`. */
  readonly now: string;
  /** Characters; default 8 MiB. */
  readonly maxLength?: number;
}

/** Engine text with `$1`.. for its parameters, in order. */
export interface PrintedText<P> {
  readonly text: string;
  readonly parameters: readonly P[];
}

/**
 * The plan as one DuckDB SELECT: columns `c<id>` in the plan's order, each exactly of `engineType(column.type)`. Throws QueryError
 * featureNotSupported for what DuckDB cannot compute, statementTooComplex beyond `maxLength`.
 */
export function printDuckdb<P>(plan: Plan, options: PrintDuckdbOptions<P>): PrintedText<P> {
  const unused = new Set<ScanPlan | RemoteQueryPlan>();
  for (;;) {
    const { printer, parameters, scans } = duckdbPrinter({
      ...options,
      relation: (scan) => (unused.has(scan) ? NO_RELATION : options.relation(scan)),
    });
    const text = printStatement(plan, printer, true);
    // What nothing reads is printed and dropped; its parameters must go as well, or the engine refuses the numbers above.
    const dropped = [...scans].filter(([, each]) => each.includes('$') && !text.includes(each));
    if (dropped.length === 0) return { text, parameters };
    for (const [scan] of dropped) unused.add(scan);
  }
}

const NO_RELATION = { text: '(SELECT 1)', parameters: [] };

/** An expression of exactly its engine type; columns that no subquery in it provides are printed as `c<id>`. */
export function printDuckdbExpression<P>(
  expression: Expression,
  options: PrintDuckdbOptions<P>,
): PrintedText<P> {
  const { printer, parameters } = duckdbPrinter(options);
  const scope: Scope = { find: (id) => columnDefinition(columnName(id), TEXT, false) };
  const text = printer.expression(expression, scope);
  const exact =
    expression.kind === 'constant'
      ? text
      : `CAST(${text} AS ${printer.dialect.typeName(expression.type)})`;
  return { text: exact, parameters };
}

function duckdbPrinter<P>(options: PrintDuckdbOptions<P>): {
  readonly printer: Printer;
  readonly parameters: readonly P[];
  readonly scans: ReadonlyMap<ScanPlan | RemoteQueryPlan, string>;
} {
  const parameters: P[] = [];
  const known = new Map<ScanPlan | RemoteQueryPlan, string>();
  const scanText = (scan: ScanPlan | RemoteQueryPlan): string => {
    const before = known.get(scan);
    if (before !== undefined) return before;
    const relation = options.relation(scan);
    const first = parameters.length + 1;
    parameters.push(...relation.parameters);
    const text = relation.text.replace(/\{(\d+)\}/g, (whole, index: string) =>
      Number(index) < relation.parameters.length ? `$${first + Number(index)}` : whole,
    );
    known.set(scan, text);
    return text;
  };
  const printer = createPrinter({
    dialect: duckdbDialect(scanText),
    timeZone: duckdbLiteral(options.timeZone, TEXT),
    now: duckdbLiteral(options.now, TIMESTAMPTZ),
    ...(options.maxLength === undefined ? {} : { maxLength: options.maxLength }),
  });
  return { printer, parameters, scans: known };
}
