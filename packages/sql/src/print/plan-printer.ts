import { QueryError } from '../errors.ts';
import type { TemplateContext } from '../functions/function-entry.ts';
import type { ColumnId, Expression } from '../plan/expression.ts';
import type {
  CommonTable,
  FilterPlan,
  Plan,
  PlanColumn,
  ProjectPlan,
  WindowPlan,
  WithPlan,
} from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import { aggregateBlock } from './aggregate-printer.ts';
import type { Block, Output } from './block.ts';
import {
  canInline,
  change,
  closeBlock,
  definitionOf,
  isLimited,
  ownOutputs,
  renderBlock,
  usesWindow,
} from './block.ts';
import { printWindowCall } from './call-printer.ts';
import type { Dialect } from './dialect.ts';
import { printConjuncts, printExpression } from './expression-printer.ts';
import { inspect, traits } from './inspection.ts';
import { joinBlock } from './join-printer.ts';
import type { Printer } from './printer.ts';
import { columnName } from './printer.ts';
import type { Definition, Scope } from './scope.ts';
import { EMPTY_SCOPE, innerScope } from './scope.ts';
import { distinctBlock, limitBlock, sortBlock } from './order-printer.ts';
import { recursiveText, setOperationBlock } from './set-operation-printer.ts';
import { commonTableBlock, scanBlock, tableFunctionBlock, valuesBlock } from './source-printer.ts';

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
    case 'remoteQuery':
      return scanBlock(plan, printer);
    case 'commonTableScan':
      return commonTableBlock(plan, printer);
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
