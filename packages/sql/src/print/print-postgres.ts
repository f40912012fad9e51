import type { Plan, ScanPlan } from '../plan/plan.ts';
import { createPrinter, printStatement } from './plan-printer.ts';
import { postgresDialect } from './postgres-dialect.ts';

export interface PrintPostgresOptions {
  /** The table's fully qualified, quoted name. */
  table(scan: ScanPlan): string;
  /** IANA name of the session's TimeZone. Default UTC. */
  readonly timeZone?: string;
  /** The statement's frozen now(): timestamptz text in UTC. Default the server's now(). */
  readonly now?: string;
  readonly maxLength?: number;
  /** Each output column is exactly of the plan's type, by a cast where it may not be. */
  readonly exact?: boolean;
}

/**
 * The plan as one PostgreSQL SELECT: columns `c<id>` in the plan's order. Throws QueryError featureNotSupported for what has no
 * equal in PostgreSQL, statementTooComplex beyond `maxLength`.
 */
export function printPostgres(plan: Plan, options: PrintPostgresOptions): string {
  const dialect = postgresDialect((scan) => options.table(scan));
  const printer = createPrinter({
    dialect,
    timeZone: dialect.literal(options.timeZone ?? 'UTC', {
      kind: 'scalar',
      name: 'text',
      typmod: -1,
    }),
    now:
      options.now === undefined
        ? 'now()'
        : dialect.literal(options.now, { kind: 'scalar', name: 'timestamptz', typmod: -1 }),
    ...(options.maxLength === undefined ? {} : { maxLength: options.maxLength }),
  });
  return printStatement(plan, printer, options.exact === true);
}
