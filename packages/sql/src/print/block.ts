import { QueryError } from '../errors.ts';
import type { ColumnId } from '../plan/expression.ts';
import type { PlanColumn } from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Inspection } from './inspection.ts';
import { columnName } from './printer.ts';
import type { Printer } from './printer.ts';
import type { Definition } from './scope.ts';
import { columnDefinition } from './scope.ts';

/** A sort key of a SELECT. */
export interface OrderKey {
  /** The key's text as an operand, before the dialect's sort value. */
  readonly text: string;
  /** Set where the key is just this column. */
  readonly id?: ColumnId;
  readonly volatile: boolean;
  readonly stage: Definition['stage'];
  readonly type: SqlType;
  /** ` ASC NULLS LAST` */
  readonly direction: string;
}

/** One SELECT under construction. Frozen: every step makes a new one by `change`. */
export interface Block {
  readonly tables: readonly string[];
  readonly recursive: boolean;
  /** '' for none. */
  readonly from: string;
  /** What the FROM clause is: nothing, a table, a derived table or function, or a join. */
  readonly item: 'none' | 'table' | 'derived' | 'join';
  readonly where: readonly string[];
  readonly whereSubquery: boolean;
  /** Undefined: not aggregated. '': one group of everything. */
  readonly groupBy: string | undefined;
  readonly having: readonly string[];
  readonly windowed: boolean;
  readonly qualify: readonly string[];
  readonly distinct: 'none' | 'all' | { readonly on: readonly string[] };
  readonly order: readonly OrderKey[];
  readonly limit: string | undefined;
  readonly offset: string | undefined;
  readonly withTies: boolean;
  readonly definitions: ReadonlyMap<ColumnId, Definition>;
  readonly outputs: readonly PlanColumn[];
  /** The text of FROM's derived table while nothing else was added: it is the whole query. */
  readonly raw: string | undefined;
}

const EMPTY_BLOCK: Block = Object.freeze({
  tables: [],
  recursive: false,
  from: '',
  item: 'none',
  where: [],
  whereSubquery: false,
  groupBy: undefined,
  having: [],
  windowed: false,
  qualify: [],
  distinct: 'none',
  order: [],
  limit: undefined,
  offset: undefined,
  withTies: false,
  definitions: new Map(),
  outputs: [],
  raw: undefined,
});

/** A SELECT with this FROM clause and nothing else. */
export function sourceBlock(
  parts: Pick<Block, 'from' | 'item' | 'definitions' | 'outputs'> & Partial<Block>,
): Block {
  return { ...EMPTY_BLOCK, ...parts };
}

/** The block with something added. */
export function change(block: Block, parts: Partial<Block>): Block {
  return { ...block, raw: undefined, ...parts };
}

/** Nothing but FROM and WHERE, all outputs plain columns: it can stand in a join without a SELECT of its own. */
export function isPure(block: Block): boolean {
  return (
    block.item !== 'none' &&
    block.tables.length === 0 &&
    block.groupBy === undefined &&
    !block.windowed &&
    block.distinct === 'none' &&
    !isLimited(block) &&
    block.outputs.every(({ id }) => block.definitions.get(id)?.column === true)
  );
}

/** LIMIT, OFFSET or WITH TIES is there. */
export function isLimited(block: Block): boolean {
  return block.limit !== undefined || block.offset !== undefined || block.withTies;
}

/** Text longer than this is computed in a SELECT of its own rather than repeated. */
const REPEATABLE_LENGTH = 200;

/**
 * Whether expressions can be printed over the block's definitions: no volatile value, subquery or long text is repeated, and
 * what a subquery refers to are plain columns. `kept`: the definitions stay in the select list beside the new use.
 */
export function canInline(block: Block, inspection: Inspection, kept: boolean): boolean {
  const plain = (each: Definition): boolean => each.column || each.constant !== undefined;
  if (inspection.subquery) {
    if (block.groupBy !== undefined || block.windowed) return false;
    if (![...block.definitions.values()].every(plain)) return false;
  }
  for (const [id, count] of inspection.uses) {
    const used = block.definitions.get(id);
    if (used === undefined || plain(used) || (!kept && count === 1)) continue;
    if (used.volatile || used.subquery || used.text.length > REPEATABLE_LENGTH) return false;
  }
  return true;
}

/** Whether one of the used columns is computed by a window call. */
export function usesWindow(block: Block, inspection: Inspection): boolean {
  return [...inspection.uses.keys()].some((id) => block.definitions.get(id)?.stage === 'window');
}

/** An entry of a select list. */
export interface Output {
  readonly name: string;
  readonly definition: Definition;
  /** The type that the column must have exactly; absent: whatever the text has. */
  readonly exact?: SqlType;
}

/** The block's outputs under their own names, each once. */
export function ownOutputs(block: Block): readonly Output[] {
  const unique = new Map(block.outputs.map((column) => [column.id, column]));
  return [...unique.keys()].map((id) => ({
    name: columnName(id),
    definition: definitionOf(block, id),
  }));
}

/** The definition of an output. Throws internalError where the plan lists a column that its input does not have. */
export function definitionOf(block: Block, id: ColumnId): Definition {
  const found = block.definitions.get(id);
  if (found !== undefined) return found;
  throw new QueryError(
    'internalError',
    `A plan node lists ${columnName(id)}, which it does not have.`,
  );
}

/** The block's SELECT with this select list. `ordered` false leaves ORDER BY out where it decides no rows. */
export function renderBlock(
  block: Block,
  outputs: readonly Output[],
  printer: Printer,
  ordered = true,
): string {
  const { dialect } = printer;
  if (block.raw !== undefined && listsOwn(block, outputs)) return printer.checked(block.raw);
  const items = outputs.map(({ name, definition, exact }) => {
    const sure =
      exact === undefined ||
      (definition.proven && dialect.typeName(definition.type) === dialect.typeName(exact));
    const text = sure ? definition.text : `CAST(${definition.text} AS ${dialect.typeName(exact)})`;
    return `${text} AS ${name}`;
  });
  const parts = [
    block.tables.length === 0
      ? ''
      : `WITH ${block.recursive ? 'RECURSIVE ' : ''}${block.tables.join(', ')}`,
    `SELECT ${distinctText(block)}${items.length === 0 ? 'TRUE AS z' : items.join(', ')}`,
    block.from === '' ? '' : `FROM ${block.from}`,
    clause('WHERE', block.where, ' AND '),
    block.groupBy === undefined || block.groupBy === '' ? '' : `GROUP BY ${block.groupBy}`,
    clause('HAVING', havingOf(block, outputs), ' AND '),
    clause('QUALIFY', block.qualify, ' AND '),
    ordered || isLimited(block) || typeof block.distinct === 'object'
      ? clause(
          'ORDER BY',
          block.order.map((key) => orderText(key, outputs, printer)),
          ', ',
        )
      : '',
    limitText(block),
  ];
  return printer.checked(parts.filter((part) => part !== '').join(' '));
}

function clause(word: string, texts: readonly string[], separator: string): string {
  return texts.length === 0 ? '' : `${word} ${texts.join(separator)}`;
}

function listsOwn(block: Block, outputs: readonly Output[]): boolean {
  return (
    outputs.length === block.outputs.length &&
    block.outputs.every((column, index) => outputs[index]?.name === columnName(column.id))
  );
}

function distinctText(block: Block): string {
  if (typeof block.distinct === 'object') return `DISTINCT ON (${block.distinct.on.join(', ')}) `;
  return block.distinct === 'all' ? 'DISTINCT ' : '';
}

/** One group of everything stays one group although no aggregate is selected. */
function havingOf(block: Block, outputs: readonly Output[]): readonly string[] {
  if (block.groupBy !== '' || block.having.length > 0) return block.having;
  return outputs.some(({ definition }) => definition.stage === 'aggregate') ? [] : ['TRUE'];
}

/** A key that is selected is named, so that DISTINCT allows it and it is computed once. */
function orderText(key: OrderKey, outputs: readonly Output[], printer: Printer): string {
  const value = printer.dialect.sortValue(key.text, key.type);
  const selected = selectedKey(key, outputs);
  return (value === key.text && selected !== undefined ? selected : value) + key.direction;
}

function selectedKey(key: OrderKey, outputs: readonly Output[]): string | undefined {
  const found =
    outputs.find(
      ({ name, definition }) =>
        key.id !== undefined && name === columnName(key.id) && definition.text === key.text,
    ) ??
    (key.volatile ? undefined : outputs.find(({ definition }) => definition.text === key.text));
  return found?.name;
}

/** Whether every sort key can be named in a SELECT DISTINCT of the block's outputs. */
export function sortsByOutputs(block: Block, keys: readonly OrderKey[], printer: Printer): boolean {
  const outputs = ownOutputs(block);
  return keys.every(
    (key) =>
      printer.dialect.sortValue(key.text, key.type) === key.text &&
      selectedKey(key, outputs) !== undefined,
  );
}

function limitText(block: Block): string {
  const offset = block.offset === undefined ? '' : `OFFSET ${block.offset}`;
  if (block.withTies) return `${offset} FETCH FIRST ${block.limit} ROWS WITH TIES`.trim();
  const limit = block.limit === undefined ? '' : `LIMIT ${block.limit}`;
  return `${limit} ${offset}`.trim();
}

/**
 * The block as a derived table of a new one. `order`: 'keep' sorts the new block instead; 'inside' leaves ORDER BY where it is (for
 * what reads rows in order); 'drop' forgets it.
 */
export function closeBlock(
  block: Block,
  order: 'keep' | 'inside' | 'drop',
  printer: Printer,
): Block {
  const relation = printer.relationName();
  const outputs = [...ownOutputs(block)];
  const keys = order === 'keep' ? block.order.map((key) => exportKey(key, outputs, relation)) : [];
  const text = renderBlock(block, outputs, printer, order === 'inside');
  const definitions = new Map(
    block.outputs.map(({ id }) => {
      const { type, proven } = definitionOf(block, id);
      return [id, columnDefinition(`${relation}.${columnName(id)}`, type, proven)];
    }),
  );
  return sourceBlock({
    from: `(${text}) AS ${relation}`,
    item: 'derived',
    definitions,
    outputs: block.outputs,
    order: keys,
  });
}

/** The key as a column of the derived table; one that is not selected becomes a hidden column. */
function exportKey(key: OrderKey, outputs: Output[], relation: string): OrderKey {
  let name = selectedKey(key, outputs);
  if (name === undefined) {
    name = `k${outputs.length}`;
    const definition: Definition = {
      ...columnDefinition(key.text, key.type, false),
      stage: key.stage,
    };
    outputs.push({ name, definition });
  }
  const { id: _, ...rest } = key;
  return { ...rest, text: `${relation}.${name}`, volatile: false, stage: 'row' };
}
