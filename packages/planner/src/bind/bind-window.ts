import type { FuncCall, Node, WindowDef } from '@pgsql/types';
import type {
  Expression,
  FrameBound,
  ResolvedCall,
  SortKey,
  WindowExpression,
  WindowFrame,
} from '@tributary/sql';
import { coerceArguments, INT8, INTERVAL, resultType } from '@tributary/sql';
import { bindFilter } from './bind-aggregate.ts';
import { determineArguments, literalContext, toType } from './bind-coercion.ts';
import { bindExpression, decided } from './bind-expression.ts';
import { refuseSetFunctions } from './bind-set-function.ts';
import { bindSortKey } from './bind-sort-key.ts';
import type { Clause, QueryLevel, WindowDefinition } from './bind-state.ts';
import { at, failure, inClause, newColumn } from './bind-state.ts';
import { mentionedColumns, sameExpression } from './expression-equality.ts';

const REFUSED_IN: Partial<Readonly<Record<Clause, string>>> = {
  WHERE: 'WHERE',
  HAVING: 'HAVING',
  FILTER: 'FILTER',
  'GROUP BY': 'GROUP BY',
  LIMIT: 'LIMIT',
  OFFSET: 'OFFSET',
  VALUES: 'VALUES',
  'JOIN/ON': 'JOIN conditions',
  FROM: 'functions in FROM',
  'PARTITION BY': 'window definitions',
  'window ORDER BY': 'window definitions',
  'window frame': 'window definitions',
};

/** PostgreSQL's FRAMEOPTION bits. */
const FRAME = {
  nonDefault: 0x1,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedPreceding: 0x40,
  startUnboundedFollowing: 0x80,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startPreceding: 0x800,
  endPreceding: 0x1000,
  startFollowing: 0x2000,
  endFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const;

/** `f(...) OVER (...)`: a column that the level's Window node will give. */
export function bindWindowCall(
  level: QueryLevel,
  tree: FuncCall,
  over: WindowDef,
  resolved: ResolvedCall,
  args: readonly Expression[],
): Expression {
  const { location } = tree;
  const refused = REFUSED_IN[level.clause];
  if (refused !== undefined) {
    throw failure(
      level,
      'windowingError',
      `window functions are not allowed in ${refused}`,
      location,
    );
  }
  if (tree.agg_distinct === true) {
    throw failure(
      level,
      'featureNotSupported',
      'DISTINCT is not implemented for window functions',
      location,
    );
  }
  if (tree.agg_order !== undefined) {
    throw failure(
      level,
      'featureNotSupported',
      resolved.entry.kind === 'orderedSet'
        ? `OVER is not supported for ordered-set aggregate ${resolved.entry.name}`
        : 'aggregate ORDER BY is not implemented for window functions',
      location,
    );
  }
  if (tree.agg_filter !== undefined && resolved.entry.kind === 'window') {
    throw failure(
      level,
      'featureNotSupported',
      'FILTER is not implemented for non-aggregate window functions',
      location,
    );
  }
  const coerced = coerceArguments(
    resolved,
    determineArguments(level, resolved, args),
    literalContext(level),
  );
  refuseNested(level, coerced, location);
  refuseSetFunctions(
    level,
    coerced,
    'window function calls cannot contain set-returning function calls',
    location,
  );
  const filter = bindFilter(level, tree.agg_filter);
  const window =
    over.name === undefined
      ? bindWindowDefinition(level, over)
      : namedWindow(level, over.name, over.location);
  const call: WindowExpression = {
    kind: 'window',
    entry: resolved.entry,
    args: coerced,
    ...(filter === undefined ? {} : { filter }),
    partitionBy: window.partitionBy,
    orderBy: window.orderBy,
    ...(window.frame === undefined ? {} : { frame: window.frame }),
    type: resultType(resolved, coerced),
    ...at(level, location),
  };
  const same = level.windows.find((each) => sameExpression(level, each.call, call));
  const id = same?.id ?? newColumn(level);
  if (same === undefined) {
    level.windows.push({ id, call, position: at(level, location).position });
  }
  return { kind: 'column', id, type: call.type, ...at(level, location) };
}

function refuseNested(
  level: QueryLevel,
  args: readonly Expression[],
  location: number | undefined,
): void {
  const mentioned = mentionedColumns(args);
  if (level.windows.some((each) => mentioned.has(each.id))) {
    throw failure(level, 'windowingError', 'window function calls cannot be nested', location);
  }
}

function namedWindow(
  level: QueryLevel,
  name: string,
  location: number | undefined,
): WindowDefinition {
  const found = level.windowDefinitions.get(name);
  if (found !== undefined) return found;
  const pending = level.windowTrees.get(name);
  if (pending !== undefined) {
    // Bound at its first use: the select list comes before WINDOW is checked as a whole.
    level.windowTrees.delete(name);
    const bound = bindWindowDefinition(level, pending);
    level.windowDefinitions.set(name, bound);
    return bound;
  }
  throw failure(level, 'undefinedObject', `window "${name}" does not exist`, location);
}

/** Declares a WINDOW clause; definitions are bound when used, and the rest at the end by `bindUnusedWindows`. */
export function declareWindows(level: QueryLevel, nodes: readonly Node[] | undefined): void {
  for (const node of nodes ?? []) {
    if (!('WindowDef' in node)) continue;
    const name = node.WindowDef.name ?? '';
    if (level.windowTrees.has(name)) {
      throw failure(
        level,
        'windowingError',
        `window "${name}" is already defined`,
        node.WindowDef.location,
      );
    }
    level.windowTrees.set(name, node.WindowDef);
  }
}

export function bindUnusedWindows(level: QueryLevel): void {
  for (const [name, tree] of [...level.windowTrees]) namedWindow(level, name, tree.location);
}

/** A window specification: PARTITION BY, ORDER BY and frame, over those of a window it refers to. */
function bindWindowDefinition(level: QueryLevel, tree: WindowDef): WindowDefinition {
  const base =
    tree.refname === undefined ? undefined : namedWindow(level, tree.refname, tree.location);
  const hasPartition = tree.partitionClause !== undefined;
  const hasOrder = tree.orderClause !== undefined;
  const partitionBy = inClause(level, 'PARTITION BY', () =>
    (tree.partitionClause ?? []).map((node) => decided(level, bindExpression(level, node))),
  );
  const orderBy = inClause(level, 'window ORDER BY', () =>
    (tree.orderClause ?? []).map((node) => bindSortKey(level, node)),
  );
  const wrong = (message: string): Error =>
    failure(level, 'windowingError', message, tree.location);
  const { refname = '' } = tree;
  if (base !== undefined) {
    if (hasPartition) throw wrong(`cannot override PARTITION BY clause of window "${refname}"`);
    if (hasOrder && base.orderBy.length > 0) {
      throw wrong(`cannot override ORDER BY clause of window "${refname}"`);
    }
    if (base.frame !== undefined) {
      throw wrong(`cannot copy window "${refname}" because it has a frame clause`);
    }
  }
  const order = hasOrder ? orderBy : (base?.orderBy ?? []);
  return {
    partitionBy: base?.partitionBy ?? partitionBy,
    orderBy: order,
    frame: bindFrame(level, tree, order),
  };
}

function bindFrame(
  level: QueryLevel,
  tree: WindowDef,
  orderBy: readonly SortKey[],
): WindowFrame | undefined {
  const options = tree.frameOptions ?? 0;
  const has = (bit: number): boolean => (options & bit) !== 0;
  if (!has(FRAME.nonDefault)) return undefined;
  const unit = has(FRAME.rows) ? 'rows' : has(FRAME.groups) ? 'groups' : 'range';
  if (unit === 'groups' && orderBy.length === 0) {
    throw failure(
      level,
      'windowingError',
      'GROUPS mode requires an ORDER BY clause',
      tree.location,
    );
  }
  const offset = (node: Node | undefined): Expression =>
    bindOffset(level, node, unit, orderBy, tree.location);
  const bound = (side: 'start' | 'end'): FrameBound => {
    if (has(FRAME[`${side}UnboundedPreceding`])) return { kind: 'unboundedPreceding' };
    if (has(FRAME[`${side}UnboundedFollowing`])) return { kind: 'unboundedFollowing' };
    if (has(FRAME[`${side}CurrentRow`])) return { kind: 'currentRow' };
    const node = side === 'start' ? tree.startOffset : tree.endOffset;
    const kind = has(FRAME[`${side}Preceding`]) ? 'preceding' : 'following';
    return { kind, offset: offset(node) };
  };
  const exclude = has(FRAME.excludeCurrentRow)
    ? 'currentRow'
    : has(FRAME.excludeGroup)
      ? 'group'
      : has(FRAME.excludeTies)
        ? 'ties'
        : undefined;
  return {
    unit,
    start: bound('start'),
    end: bound('end'),
    ...(exclude === undefined ? {} : { exclude }),
  };
}

const DATE_TIMES: ReadonlySet<string> = new Set([
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'timetz',
  'interval',
]);

function bindOffset(
  level: QueryLevel,
  node: Node | undefined,
  unit: WindowFrame['unit'],
  orderBy: readonly SortKey[],
  location: number | undefined,
): Expression {
  if (node === undefined)
    throw failure(level, 'syntaxError', 'a frame offset is missing', location);
  const expression = inClause(level, 'window frame', () => bindExpression(level, node));
  const own = [...mentionedColumns([expression])].some(
    (id) => level.statement.owners.get(id) === level,
  );
  if (own) {
    throw failure(
      level,
      'invalidColumnReference',
      `argument of ${unit.toUpperCase()} must not contain variables`,
      location,
    );
  }
  if (unit !== 'range') return toType(level, expression, INT8, 'implicit', -1);
  const [key] = orderBy;
  if (key === undefined || orderBy.length !== 1) {
    throw failure(
      level,
      'windowingError',
      'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
      location,
    );
  }
  const { type } = key.expression;
  if (type.kind === 'scalar' && DATE_TIMES.has(type.name)) {
    return toType(level, expression, INTERVAL, 'implicit', -1);
  }
  return toType(level, expression, type, 'implicit', -1);
}
