import { QueryError, TEXT, TIMESTAMP } from '@tributary/sql';
import type { Statement } from '@tributary/sql';
import type { StatementScope } from '../service/statement-scope.ts';
import { scanOfTable } from '../system/partitions-function.ts';
import { executeArguments } from './execute-arguments.ts';
import type { StatementResult } from './sql-session.ts';

/**
 * Runs `CALL tributary.invalidate('db.schema.table' [, from, to])`: cells of the table's windows in `[from, to)` are dropped, all of
 * them without bounds. Other procedures do not exist.
 *
 * @throws QueryError undefinedFunction, invalidParameterValue, undefinedTable
 */
export async function callProcedure(
  { name, args }: Extract<Statement, { kind: 'call' }>,
  scope: StatementScope,
): Promise<StatementResult> {
  if (name.join('.') !== 'tributary.invalidate') {
    throw new QueryError('undefinedFunction', `procedure ${name.join('.')} does not exist`, {
      hint: "Procedures: tributary.invalidate('db.schema.table' [, from, to]).",
    });
  }
  if (args.length !== 1 && args.length !== 3) {
    throw new QueryError(
      'undefinedFunction',
      `tributary.invalidate takes 1 or 3 arguments, not ${args.length}`,
      { hint: "A table's name, and if wanted the bounds of a half-open range of time." },
    );
  }
  const types = [TEXT, TIMESTAMP, TIMESTAMP].slice(0, args.length);
  const [table, from, to] = await executeArguments(args, types, scope, scope.signal);
  if (table === null || table === undefined || from === null || to === null) {
    throw new QueryError('invalidParameterValue', 'tributary.invalidate takes no NULL');
  }
  const { table: target } = await scanOfTable(table, 'true', scope);
  const dropped = await scope.services.reuse?.store.invalidate(
    target.id,
    from === undefined ? undefined : milliseconds(from),
    to === undefined ? undefined : milliseconds(to),
  );
  const message = `${dropped ?? 0} stored cells of ${target.schema}.${target.name} dropped`;
  return {
    kind: 'command',
    tag: 'CALL',
    notices: [{ severity: 'NOTICE', sqlstate: '00000', message }],
  };
}

/** A timestamp's text as ms on the nominal axis. */
function milliseconds(text: string): number {
  const moment = Date.parse(`${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(moment)) {
    throw new QueryError('invalidParameterValue', `"${text}" cannot bound a range of windows`);
  }
  return moment;
}
