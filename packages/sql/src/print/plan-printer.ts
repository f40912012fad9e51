import { QueryError } from '../errors.ts';
import type { TemplateContext } from '../functions/function-entry.ts';
import type { ColumnId, Expression, SortKey } from '../plan/expression.ts';
import type {
  CommonTable,
  DistinctPlan,
  FilterPlan,
  LimitPlan,
  Plan,
  PlanColumn,
  ProjectPlan,
  SortPlan,
  TableFunctionPlan,
  ValuesPlan,
  WindowPlan,
  WithPlan,
} from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import { aggregateBlock } from './aggregate-printer.ts';
import type { Block, OrderKey, Output } from './block.ts';
import {
  canInline,
  change,
  closeBlock,
  definitionOf,
  isLimited,
  ownOutputs,
  renderBlock,
  sortsByOutputs,
  sourceBlock,
  usesWindow,
} from './block.ts';
import { printWindowCall } from './call-printer.ts';
import type { Dialect } from './dialect.ts';
import {
  printArgument,
  printAs,
  printCall,
  printConjuncts,
  printExpression,
} from './expression-printer.ts';
import { inspect, traits } from './inspection.ts';
import { joinBlock } from './join-printer.ts';
import type { Printer } from './printer.ts';
import { columnName } from './printer.ts';
import type { Definition, Scope } from './scope.ts';
import { columnDefinition, EMPTY_SCOPE, innerScope } from './scope.ts';
import { recursiveText, setOperationBlock } from './set-operation-printer.ts';

/** Characters of printed text beyond which a statement is refused. */
export const MAX_TEXT_LENGTH = 8 * 1024 * 1024;

/** What a printing depends on beside the plan. */
export interface PrinterOptions {
  readonly dialect: Dialect;
  /** An engine literal. */
  readonly timeZone: string;
  /** An engine literal. */
  readonly now: string;
  readonly maxLength?: number;
}

/** A printer for one text: relation names are unique within it. */
export function createPrinter(options: PrinterOptions): Printer {
  const { dialect, maxLength = MAX_TEXT_LENGTH } = options;
  let relations = 0;
  const printer: Printer = {
    dialect,
    relationName() {
      relations += 1;
      return `r${relations}`;
    },
    query(plan, scope) {
      const block = buildBlock(plan, scope, printer);
      return renderBlock(block, planOutputs(block, plan.columns, false), printer);
    },
    relation(plan, scope) {
      const block = closeBlock(buildBlock(plan, scope, printer), 'drop', printer);
      const columns = plan.columns.map(({ id }) => definitionOf(block, id).text);
      return { text: block.from, columns };
    },
    templateContext: (result: SqlType): TemplateContext => ({
      result,
      engineType: (type) => dialect.typeName(type),
      timeZone: options.timeZone,
      now: options.now,
    }),
    checked(text) {
      if (text.length <= maxLength) return text;
      throw new QueryError(
        'statementTooComplex',
        `The statement's printed text is longer than ${maxLength} characters: split it into smaller statements.`,
      );
    },
    expression: (expression, scope) => printExpression(expression, scope, printer),
  };
  return printer;
}

/** The whole statement: columns `c<id>` in the plan's order, each exactly of its type where `exact`. */
export function printStatement(plan: Plan, printer: Printer, exact: boolean): string {
  const block = buildBlock(plan, EMPTY_SCOPE, printer);
  return renderBlock(block, planOutputs(block, plan.columns, exact), printer);
}

function planOutputs(
  block: Block,
  columns: readonly PlanColumn[],
  exact: boolean,
): readonly Output[] {
  return columns.map(({ id, type }) => ({
    name: columnName(id),
    definition: definitionOf(block, id),
    ...(exact ? { exact: type } : {}),
  }));
}

function buildBlock(plan: Plan, scope: Scope, printer: Printer): Block {
  const build = (each: Plan, inner: Scope = scope): Block => buildBlock(each, inner, printer);
  switch (plan.kind) {
    case 'scan':
    case 'remoteQuery': {
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
    case 'commonTableScan': {
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
    case 'values':
      return valuesBlock(plan, scope, printer);
    case 'tableFunction':
      return tableFunctionBlock(plan, scope, printer);
    case 'filter':
      return filterBlock(plan, build(plan.input), scope, printer);
    case 'project':
      return projectBlock(plan, build(plan.input), scope, printer);
    case 'join':
      return joinBlock(plan, scope, printer, build);
    case 'aggregate':
      return aggregateBlock(plan, build(plan.input), scope, printer);
    case 'window':
      return windowBlock(plan, build(plan.input), scope, printer);
    case 'distinct':
      return distinctBlock(plan, build(plan.input), scope, printer);
    case 'sort':
      return sortBlock(plan, build(plan.input), scope, printer);
    case 'limit':
      return limitBlock(plan, build(plan.input), scope, printer);
    case 'setOperation':
      return setOperationBlock(plan, printer, build);
    case 'with':
      return withBlock(plan, scope, printer);
    case 'recursive':
      throw new QueryError('internalError', 'A recursive plan stands outside a common table.');
  }
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

function filterBlock(plan: FilterPlan, input: Block, scope: Scope, printer: Printer): Block {
  const inspection = inspect([plan.condition]);
  let block = input;
  if (
    block.windowed ||
    block.distinct !== 'none' ||
    isLimited(block) ||
    !canInline(block, inspection, true)
  ) {
    block = closeBlock(block, 'keep', printer);
  }
  const print = (): readonly string[] =>
    printConjuncts(plan.condition, innerScope(block.definitions, scope), printer);
  let conjuncts = print();
  // DuckDB takes the parameters of a lambda in HAVING for columns that are not grouped.
  if (block.groupBy !== undefined && conjuncts.some((each) => each.includes('lambda '))) {
    block = closeBlock(block, 'keep', printer);
    conjuncts = print();
  }
  return block.groupBy === undefined
    ? change(block, {
        where: [...block.where, ...conjuncts],
        whereSubquery: block.whereSubquery || inspection.subquery,
      })
    : change(block, { having: [...block.having, ...conjuncts] });
}

function projectBlock(plan: ProjectPlan, input: Block, scope: Scope, printer: Printer): Block {
  let block = input;
  if (
    (block.distinct === 'all' && !renames(plan, block)) ||
    !canInline(block, inspect(plan.expressions), false)
  ) {
    block = closeBlock(block, 'keep', printer);
  }
  const inner = innerScope(block.definitions, scope);
  const definitions = new Map<ColumnId, Definition>();
  for (const [index, { id }] of plan.columns.entries()) {
    const expression = plan.expressions[index];
    if (expression === undefined) {
      throw new QueryError(
        'internalError',
        `A projection has no expression for ${columnName(id)}.`,
      );
    }
    const own = expression.kind === 'column' ? block.definitions.get(expression.id) : undefined;
    definitions.set(id, own ?? define(expression, block, inner, printer));
  }
  return change(block, { definitions, outputs: plan.columns });
}

/** Only renames and reorders, and keeps every column: DISTINCT means the same before and after. */
function renames(plan: ProjectPlan, block: Block): boolean {
  const used = new Set(
    plan.expressions.map((each) => (each.kind === 'column' ? each.id : undefined)),
  );
  return !used.has(undefined) && block.outputs.every(({ id }) => used.has(id));
}

function define(expression: Expression, block: Block, scope: Scope, printer: Printer): Definition {
  const text = printExpression(expression, scope, printer);
  return {
    text,
    type: expression.type,
    column: false,
    ...(expression.kind === 'constant' ? { constant: expression.value } : {}),
    proven: hasExactType(expression, text, printer),
    ...traits(inspect([expression]), block.definitions),
  };
}

/** Literals, and texts that end in a cast to the type. */
function hasExactType(expression: Expression, text: string, printer: Printer): boolean {
  if (expression.kind === 'constant') return true;
  return (
    text.startsWith('CAST(') && text.endsWith(` AS ${printer.dialect.typeName(expression.type)})`)
  );
}

function windowBlock(plan: WindowPlan, input: Block, scope: Scope, printer: Printer): Block {
  const inspection = inspect(
    [],
    plan.calls.map((each) => each.call),
  );
  let block = input;
  if (
    block.qualify.length > 0 ||
    block.distinct !== 'none' ||
    isLimited(block) ||
    block.order.length > 0 ||
    usesWindow(block, inspection) ||
    !canInline(block, inspection, true)
  ) {
    block = closeBlock(block, 'inside', printer);
  }
  const inner = innerScope(block.definitions, scope);
  const definitions = new Map(block.definitions);
  for (const { id, call } of plan.calls) {
    definitions.set(id, {
      text: printWindowCall(call, inner, printer),
      type: call.type,
      column: false,
      proven: false,
      ...traits(inspect([], [call]), block.definitions),
      stage: 'window',
    });
  }
  return change(block, { windowed: true, definitions, outputs: plan.columns });
}

function orderKeys(
  keys: readonly SortKey[],
  block: Block,
  scope: Scope,
  printer: Printer,
): readonly OrderKey[] {
  const inner = innerScope(block.definitions, scope);
  return keys.flatMap((key): OrderKey[] => {
    const { expression } = key;
    const own = expression.kind === 'column' ? block.definitions.get(expression.id) : undefined;
    // A constant orders nothing, and a bare literal would be read as a column's number or refused.
    if (expression.kind === 'constant' || own?.constant !== undefined) return [];
    const text = own?.text ?? printExpression(expression, inner, printer);
    const { volatile, stage } = own ?? traits(inspect([expression]), block.definitions);
    const direction = `${key.descending ? ' DESC' : ' ASC'} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`;
    const id = own === undefined || expression.kind !== 'column' ? {} : { id: expression.id };
    return [{ text, ...id, volatile, stage, type: expression.type, direction }];
  });
}

/** Bare columns cost nothing to sort by: the select list names them. */
function computedKeys(keys: readonly SortKey[]): readonly Expression[] {
  return keys.map((key) => key.expression).filter((expression) => expression.kind !== 'column');
}

function distinctBlock(plan: DistinctPlan, input: Block, scope: Scope, printer: Printer): Block {
  const { on, order = [] } = plan;
  let block = input;
  if (block.distinct !== 'none' || isLimited(block) || block.qualify.length > 0) {
    block = closeBlock(block, 'drop', printer);
  }
  if (on === undefined) return change(block, { distinct: 'all', order: [] });
  const inspection = inspect([...on, ...order.map((key) => key.expression)]);
  if (usesWindow(block, inspection) || !canInline(block, inspection, true)) {
    block = closeBlock(block, 'drop', printer);
  }
  const inner = innerScope(block.definitions, scope);
  const groups = on.map((each) => printExpression(each, inner, printer));
  const keys = orderKeys(order, block, scope, printer);
  if (printer.dialect.nativeRowSelection) {
    // As the sort keys are printed, or PostgreSQL does not see that they are the same.
    const sorted = on.map(({ type }, index) =>
      printer.dialect.sortValue(groups[index] ?? '', type),
    );
    return change(block, { distinct: { on: sorted }, order: keys });
  }
  const by = groups.length === 0 ? '' : `PARTITION BY ${groups.join(', ')}`;
  const window = `${by} ${windowOrder(keys, printer)}`.trim();
  return change(block, {
    qualify: [`row_number() OVER (${window}) = 1`],
    windowed: true,
    order: keys,
  });
}

function windowOrder(keys: readonly OrderKey[], printer: Printer): string {
  const texts = keys.map((key) => printer.dialect.sortValue(key.text, key.type) + key.direction);
  return texts.length === 0 ? '' : `ORDER BY ${texts.join(', ')}`;
}

function sortBlock(plan: SortPlan, input: Block, scope: Scope, printer: Printer): Block {
  let block = input;
  if (
    isLimited(block) ||
    typeof block.distinct === 'object' ||
    !canInline(block, inspect(computedKeys(plan.keys)), true)
  ) {
    block = closeBlock(block, 'drop', printer);
  }
  let keys = orderKeys(plan.keys, block, scope, printer);
  if (block.distinct === 'all' && !sortsByOutputs(block, keys, printer)) {
    block = closeBlock(block, 'drop', printer);
    keys = orderKeys(plan.keys, block, scope, printer);
  }
  return change(block, { order: keys });
}

function limitBlock(plan: LimitPlan, input: Block, scope: Scope, printer: Printer): Block {
  const limit = rowCount(plan.limit, 'LIMIT', scope, printer);
  const offset = rowCount(plan.offset, 'OFFSET', scope, printer);
  const byRank = plan.withTies && !printer.dialect.nativeRowSelection;
  let block = input;
  if (
    isLimited(block) ||
    (byRank && (block.distinct !== 'none' || block.order.some((key) => key.stage === 'window')))
  ) {
    block = closeBlock(block, 'keep', printer);
  }
  if (!byRank) return change(block, { limit, offset, withTies: plan.withTies });
  if (limit === undefined) {
    throw new QueryError(
      'invalidRowCountInLimit',
      'row count cannot be null in FETCH FIRST ... WITH TIES clause',
    );
  }
  const window = `OVER (${windowOrder(block.order, printer)})`;
  const last = offset === undefined ? limit : `${limit} + ${offset}`;
  const skipped = offset === undefined ? [] : [`row_number() ${window} > ${offset}`];
  return change(block, {
    qualify: [...block.qualify, `rank() ${window} <= ${last}`, ...skipped],
    windowed: true,
  });
}

/** A row count as text; undefined where it is absent or NULL, which means no limit. */
function rowCount(
  expression: Expression | undefined,
  word: 'LIMIT' | 'OFFSET',
  scope: Scope,
  printer: Printer,
): string | undefined {
  if (expression === undefined) return undefined;
  if (expression.kind !== 'constant') return printExpression(expression, scope, printer);
  if (expression.value === null) return undefined;
  if (/^\d+$/.test(expression.value)) return expression.value;
  throw new QueryError(
    word === 'LIMIT' ? 'invalidRowCountInLimit' : 'invalidRowCountInOffset',
    `${word} must not be negative`,
    expression.position === undefined ? {} : { position: expression.position },
  );
}

function valuesBlock(plan: ValuesPlan, scope: Scope, printer: Printer): Block {
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

function tableFunctionBlock(plan: TableFunctionPlan, scope: Scope, printer: Printer): Block {
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
    return { text, columns: outputs, ...(fields === undefined ? {} : { fields }) };
  });
  const last = plan.columns.at(-1);
  const ordinality = plan.ordinality && last !== undefined ? columnName(last.id) : undefined;
  const relation = printer.relationName();
  const from = printer.dialect.tableFunction(functions, relation, ordinality);
  return tableBlock(printer.checked(from), 'derived', plan.columns, (id) =>
    columnDefinition(`${relation}.${columnName(id)}`, typeOf(plan.columns, id), false),
  );
}

function withBlock(plan: WithPlan, scope: Scope, printer: Printer): Block {
  const tables = plan.tables.map((table) => commonTableText(table, scope, printer));
  const recursive = plan.tables.some((table) => table.plan.kind === 'recursive');
  const body = buildBlock(plan.body, scope, printer);
  return change(body, {
    tables: [...tables, ...body.tables],
    recursive: recursive || body.recursive,
    outputs: plan.columns,
  });
}

function commonTableText(table: CommonTable, scope: Scope, printer: Printer): string {
  const build = (plan: Plan): Block => buildBlock(plan, scope, printer);
  const hint =
    table.materialized === undefined ? '' : `${table.materialized ? '' : 'NOT '}MATERIALIZED `;
  if (table.plan.kind === 'recursive') {
    const names = table.plan.columns.map(({ id }) => columnName(id));
    const list = names.length === 0 ? 'z' : names.join(', ');
    return `w${table.id}(${list}) AS ${hint}(${recursiveText(table.plan, printer, build)})`;
  }
  const block = build(table.plan);
  return `w${table.id} AS ${hint}(${renderBlock(block, ownOutputs(block), printer)})`;
}
