import type { Node, ResTarget } from '@pgsql/types';
import type { Expression } from '@tributary/sql';
import { TEXT } from '@tributary/sql';
import { toType } from './bind-coercion.ts';
import { bindExpression } from './bind-expression.ts';
import type { QueryLevel } from './bind-state.ts';
import { at, failure, inClause } from './bind-state.ts';
import { mentionedColumns, sameExpression } from './expression-equality.ts';
import { outputName } from './output-names.ts';
import { findColumn, isUnknown, starColumns } from './scope.ts';
import { integerOf, locationOf, stringsOf } from './tree.ts';

/** An entry of the select list. `junk`: added for ORDER BY or DISTINCT ON, not returned. */
export interface Target {
  readonly name: string;
  expression: Expression;
  readonly junk: boolean;
  readonly location: number | undefined;
}

/** PostgreSQL's limit on result columns. */
const MAX_COLUMNS = 1664;

export function bindTargets(level: QueryLevel, list: readonly Node[] | undefined): Target[] {
  const targets = inClause(level, 'SELECT', () =>
    (list ?? []).flatMap((node) => ('ResTarget' in node ? bindTarget(level, node.ResTarget) : [])),
  );
  if (targets.length > MAX_COLUMNS) {
    throw failure(
      level,
      'tooManyColumns',
      `target lists can have at most ${MAX_COLUMNS} entries`,
      -1,
    );
  }
  return targets;
}

function bindTarget(level: QueryLevel, tree: ResTarget): readonly Target[] {
  const { val } = tree;
  if (val === undefined)
    throw failure(level, 'syntaxError', 'malformed select list', tree.location);
  const location = locationOf(val);
  const star = expandStar(level, val);
  if (star !== undefined) return star;
  const expression = bindExpression(level, val);
  return [{ name: tree.name ?? outputName(val), expression, junk: false, location }];
}

function expandStar(level: QueryLevel, node: Node): readonly Target[] | undefined {
  if ('ColumnRef' in node) {
    const fields = node.ColumnRef.fields ?? [];
    const last = fields.at(-1);
    if (last === undefined || !('A_Star' in last)) return undefined;
    const { location } = node.ColumnRef;
    const columns = starColumns(level, stringsOf(fields.slice(0, -1)), location);
    return columns.map(({ name, id, type }) => ({
      name,
      expression: { kind: 'column', id, type, ...at(level, location) },
      junk: false,
      location,
    }));
  }
  if (!('A_Indirection' in node)) return undefined;
  const steps = node.A_Indirection.indirection ?? [];
  const last = steps.at(-1);
  if (last === undefined || !('A_Star' in last) || node.A_Indirection.arg === undefined) {
    return undefined;
  }
  const rest = steps.slice(0, -1);
  const inner: Node =
    rest.length === 0
      ? node.A_Indirection.arg
      : { A_Indirection: { arg: node.A_Indirection.arg, indirection: rest } };
  const arg = bindExpression(level, inner);
  const location = locationOf(node);
  const { type } = arg;
  if (type.kind !== 'struct') {
    throw failure(level, 'wrongObjectType', 'type is not composite', location);
  }
  return type.fields.map((field, index) => ({
    name: field.name,
    expression:
      arg.kind === 'row'
        ? (arg.fields[index] ?? arg)
        : { kind: 'field', arg, name: field.name, type: field.type, ...at(level, location) },
    junk: false,
    location,
  }));
}

/** Open literals of a select list become text. */
export function resolveUnknownTargets(level: QueryLevel, targets: readonly Target[]): void {
  for (const target of targets) {
    if (isUnknown(target.expression.type)) {
      target.expression = toType(level, target.expression, TEXT, 'implicit', -1);
    }
  }
}

type ByName = 'ORDER BY' | 'GROUP BY' | 'DISTINCT ON';

/**
 * The select list entry that an item of ORDER BY, GROUP BY or DISTINCT ON means (PostgreSQL's findTargetlistEntrySQL92): an
 * output name (for GROUP BY only when no input column has it), a position, or an expression over the input; a new entry when
 * no other computes the same.
 */
export function findTarget(
  level: QueryLevel,
  node: Node,
  targets: Target[],
  clause: ByName,
): Target {
  const named = byName(level, node, targets, clause) ?? byPosition(level, node, targets, clause);
  const location = locationOf(node);
  if (named !== undefined) {
    checkAllowed(level, named, clause, location);
    return determined(level, named);
  }
  const expression = inClause(level, clause, () => bindExpression(level, node));
  const same = targets.find((target) => sameExpression(level, target.expression, expression));
  if (same !== undefined) return determined(level, same);
  const added: Target = { name: outputName(node), expression, junk: true, location };
  targets.push(added);
  return determined(level, added);
}

function determined(level: QueryLevel, target: Target): Target {
  resolveUnknownTargets(level, [target]);
  return target;
}

function byName(
  level: QueryLevel,
  node: Node,
  targets: readonly Target[],
  clause: ByName,
): Target | undefined {
  if (!('ColumnRef' in node)) return undefined;
  const fields = node.ColumnRef.fields ?? [];
  const [name] = stringsOf(fields);
  if (fields.length !== 1 || name === undefined || !('String' in (fields[0] ?? {})))
    return undefined;
  const { location } = node.ColumnRef;
  if (clause === 'GROUP BY' && findColumn(level, name, location, true) !== undefined) {
    return undefined;
  }
  let found: Target | undefined;
  for (const target of targets) {
    if (target.junk || target.name !== name) continue;
    if (found !== undefined && !sameExpression(level, found.expression, target.expression)) {
      throw failure(level, 'ambiguousColumn', `${clause} "${name}" is ambiguous`, location);
    }
    found ??= target;
  }
  return found;
}

function byPosition(
  level: QueryLevel,
  node: Node,
  targets: readonly Target[],
  clause: ByName,
): Target | undefined {
  if (!('A_Const' in node)) return undefined;
  const position = integerOf(node);
  const { location } = node.A_Const;
  if (position === undefined) {
    throw failure(level, 'syntaxError', `non-integer constant in ${clause}`, location);
  }
  const visible = targets.filter((target) => !target.junk);
  const target = visible[position - 1];
  if (target === undefined) {
    throw failure(
      level,
      'invalidColumnReference',
      `${clause} position ${position} is not in select list`,
      location,
    );
  }
  return target;
}

/** GROUP BY must not name an entry that is computed after it. */
function checkAllowed(
  level: QueryLevel,
  target: Target,
  clause: ByName,
  location: number | undefined,
): void {
  if (clause !== 'GROUP BY') return;
  const mentioned = mentionedColumns([target.expression]);
  if (level.aggregates.some((each) => mentioned.has(each.id))) {
    throw failure(
      level,
      'groupingError',
      'aggregate functions are not allowed in GROUP BY',
      target.location ?? location,
    );
  }
  if (level.windows.some((each) => mentioned.has(each.id))) {
    throw failure(
      level,
      'windowingError',
      'window functions are not allowed in GROUP BY',
      target.location ?? location,
    );
  }
}
