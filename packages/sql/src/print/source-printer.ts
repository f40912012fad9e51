import { QueryError } from '../errors.ts';
import type { ColumnId } from '../plan/expression.ts';
import type {
  CommonTableScanPlan,
  PlanColumn,
  RemoteQueryPlan,
  ScanPlan,
  TableFunctionPlan,
  ValuesPlan,
} from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Block } from './block.ts';
import { sourceBlock } from './block.ts';
import { printArgument, printAs, printCall } from './expression-printer.ts';
import { inspect, traits } from './inspection.ts';
import type { Printer } from './printer.ts';
import { columnName } from './printer.ts';
import type { Definition, Scope } from './scope.ts';
import { columnDefinition } from './scope.ts';

/** A table, or what a source computes. */
export function scanBlock(plan: ScanPlan | RemoteQueryPlan, printer: Printer): Block {
  const item = printer.dialect.scan(plan);
  const relation = printer.relationName();
  const sources = new Map(
    plan.kind === 'scan' ? plan.scanColumns.map(({ id, source }) => [id, source]) : [],
  );
  return tableBlock(`${item.text} AS ${relation}`, 'table', plan.columns, (id) =>
    columnDefinition(
      `${relation}.${item.column(id, sources.get(id) ?? '')}`,
      typeOf(plan.columns, id),
      true,
    ),
  );
}

/** A use of a common table. */
export function commonTableBlock(plan: CommonTableScanPlan, printer: Printer): Block {
  const relation = printer.relationName();
  const sources = new Map(plan.columns.map(({ id }, index) => [id, plan.sources[index] ?? id]));
  return tableBlock(`w${plan.table} AS ${relation}`, 'table', plan.columns, (id) =>
    columnDefinition(
      `${relation}.${columnName(sources.get(id) ?? id)}`,
      typeOf(plan.columns, id),
      false,
    ),
  );
}

/** Rows that stand in the statement. */
export function valuesBlock(plan: ValuesPlan, scope: Scope, printer: Printer): Block {
  const { rows, columns } = plan;
  const [first] = rows;
  if (first === undefined || (rows.length === 1 && columns.length <= first.length)) {
    const definitions = new Map(
      columns.map(({ id, type }, index): [ColumnId, Definition] => {
        const cell = first?.[index] ?? { kind: 'constant', value: null, type };
        const text = printAs(cell, type, scope, printer);
        const constant = cell.kind === 'constant' ? { constant: cell.value } : {};
        const { volatile, subquery } = traits(inspect([cell]), new Map());
        const proven = cell.kind === 'constant';
        return [
          id,
          { text, type, column: false, ...constant, proven, volatile, subquery, stage: 'row' },
        ];
      }),
    );
    const where = first === undefined ? ['FALSE'] : [];
    return sourceBlock({ from: '', item: 'none', definitions, outputs: columns, where });
  }
  const relation = printer.relationName();
  const texts = rows.map((row) => {
    const cells = columns.map(({ type }, index) =>
      printAs(row[index] ?? { kind: 'constant', value: null, type }, type, scope, printer),
    );
    return `(${cells.length === 0 ? '0' : cells.join(', ')})`;
  });
  const names = columns.length === 0 ? ['z'] : columns.map(({ id }) => columnName(id));
  const from = `(VALUES ${texts.join(', ')}) AS ${relation}(${names.join(', ')})`;
  const proven = rows.every((row) => row.every((cell) => cell.kind === 'constant'));
  return tableBlock(printer.checked(from), 'derived', columns, (id) =>
    columnDefinition(`${relation}.${columnName(id)}`, typeOf(columns, id), proven),
  );
}

/** The rows of functions, side by side. */
export function tableFunctionBlock(plan: TableFunctionPlan, scope: Scope, printer: Printer): Block {
  const functions = plan.functions.map(({ entry, args, columns }) => {
    const outputs = columns.map((id) => ({
      name: columnName(id),
      type: typeOf(plan.columns, id),
    }));
    const printed = args.map((arg) => printArgument(arg, scope, printer));
    const [only] = outputs;
    const result = only?.type ?? typeOf(plan.columns, columns[0] ?? -1);
    const text = printCall(entry, printed, result, printer);
    const fields = entry.outputs?.map((output) => output.name);
    const stream = entry.stream?.(printed);
    return {
      text,
      columns: outputs,
      ...(fields === undefined ? {} : { fields }),
      ...(stream === undefined ? {} : { stream }),
    };
  });
  const last = plan.columns.at(-1);
  const ordinality = plan.ordinality && last !== undefined ? columnName(last.id) : undefined;
  const relation = printer.relationName();
  const from = printer.dialect.tableFunction(functions, relation, ordinality);
  return tableBlock(printer.checked(from), 'derived', plan.columns, (id) =>
    columnDefinition(`${relation}.${columnName(id)}`, typeOf(plan.columns, id), false),
  );
}

function typeOf(columns: readonly PlanColumn[], id: ColumnId): SqlType {
  const column = columns.find((each) => each.id === id);
  if (column === undefined) throw new QueryError('internalError', `No column ${columnName(id)}.`);
  return column.type;
}

function tableBlock(
  from: string,
  item: 'table' | 'derived',
  columns: readonly PlanColumn[],
  define: (id: ColumnId) => Definition,
): Block {
  const definitions = new Map(columns.map(({ id }) => [id, define(id)]));
  return sourceBlock({ from, item, definitions, outputs: columns });
}
