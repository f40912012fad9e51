import type { FunctionEntry } from '../functions/function-entry.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Plan } from './plan.ts';

/** Unique within one statement's plan; printed as `c<id>`. A view or subquery bound twice gets new ids. */
export type ColumnId = number;

interface ExpressionBase {
  readonly type: SqlType;
  /** 1-based character offset in the statement, for errors. */
  readonly position?: number;
}

/** A column of an input, or of an enclosing query (correlation: ids are unique, so scope needs no marker). */
export interface ColumnExpression extends ExpressionBase {
  readonly kind: 'column';
  readonly id: ColumnId;
}

/** A literal. `value` is PostgreSQL's text output form of the type in UTC and ISO style; null is SQL NULL. */
export interface ConstantExpression extends ExpressionBase {
  readonly kind: 'constant';
  readonly value: string | null;
}

/** `$index`, 1-based. Replaced by a constant before execution. */
export interface ParameterExpression extends ExpressionBase {
  readonly kind: 'parameter';
  readonly index: number;
}

/** A scalar function or operator. Arguments have exactly the entry's (resolved) argument types: casts are explicit. */
export interface CallExpression extends ExpressionBase {
  readonly kind: 'call';
  readonly entry: FunctionEntry;
  readonly args: readonly Expression[];
}

export type CastContext = 'implicit' | 'assignment' | 'explicit';

export interface CastExpression extends ExpressionBase {
  readonly kind: 'cast';
  readonly arg: Expression;
  readonly context: CastContext;
}

export interface LogicExpression extends ExpressionBase {
  readonly kind: 'and' | 'or';
  readonly args: readonly Expression[];
}

export interface NotExpression extends ExpressionBase {
  readonly kind: 'not';
  readonly arg: Expression;
}

export interface NullTestExpression extends ExpressionBase {
  readonly kind: 'nullTest';
  readonly arg: Expression;
  readonly negated: boolean;
}

/** IS [NOT] TRUE / FALSE / UNKNOWN. */
export interface BooleanTestExpression extends ExpressionBase {
  readonly kind: 'booleanTest';
  readonly arg: Expression;
  readonly test: 'true' | 'false' | 'unknown';
  readonly negated: boolean;
}

/** IS [NOT] DISTINCT FROM, with the equality operator that compares the two sides. */
export interface DistinctExpression extends ExpressionBase {
  readonly kind: 'distinct';
  readonly left: Expression;
  readonly right: Expression;
  readonly equals: FunctionEntry;
  readonly negated: boolean;
}

/** With `operand`, each `when` is a value of the operand's type; without it, a boolean. */
export interface CaseExpression extends ExpressionBase {
  readonly kind: 'case';
  readonly operand?: Expression;
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise?: Expression;
}

export interface CoalesceExpression extends ExpressionBase {
  readonly kind: 'coalesce';
  readonly args: readonly Expression[];
}

/** NULLIF, with the equality operator; the result has the left side's type. */
export interface NullIfExpression extends ExpressionBase {
  readonly kind: 'nullif';
  readonly left: Expression;
  readonly right: Expression;
  readonly equals: FunctionEntry;
}

export interface MinMaxExpression extends ExpressionBase {
  readonly kind: 'greatest' | 'least';
  readonly args: readonly Expression[];
}

/** `arg [NOT] IN (list)`; all sides have one type. */
export interface InListExpression extends ExpressionBase {
  readonly kind: 'inList';
  readonly arg: Expression;
  readonly list: readonly Expression[];
  readonly negated: boolean;
}

/** `left operator ANY|ALL (array)`. */
export interface QuantifiedExpression extends ExpressionBase {
  readonly kind: 'quantified';
  readonly left: Expression;
  readonly operator: FunctionEntry;
  readonly quantifier: 'any' | 'all';
  readonly array: Expression;
}

export interface ArrayExpression extends ExpressionBase {
  readonly kind: 'array';
  readonly elements: readonly Expression[];
}

/** ROW(...): a struct whose fields are f1, f2, ... */
export interface RowExpression extends ExpressionBase {
  readonly kind: 'row';
  readonly fields: readonly Expression[];
}

/** Array element (1-based int4), map value (key type) or jsonb member. */
export interface SubscriptExpression extends ExpressionBase {
  readonly kind: 'subscript';
  readonly arg: Expression;
  readonly index: Expression;
}

export interface SliceExpression extends ExpressionBase {
  readonly kind: 'slice';
  readonly arg: Expression;
  readonly lower?: Expression;
  readonly upper?: Expression;
}

export interface FieldExpression extends ExpressionBase {
  readonly kind: 'field';
  readonly arg: Expression;
  readonly name: string;
}

/**
 * A subquery as a value. `scalar`: one column, at most one row. `exists`: bool. `array`: ARRAY(SELECT ..).
 * `any`/`all`: `left operator ANY|ALL (plan)`, one entry of `left` and `operators` a column of the plan (IN is `any` with `=`).
 */
export interface SubqueryExpression extends ExpressionBase {
  readonly kind: 'subquery';
  readonly form: 'scalar' | 'exists' | 'array' | 'any' | 'all';
  readonly plan: Plan;
  readonly left?: readonly Expression[];
  readonly operators?: readonly FunctionEntry[];
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Stands only in Aggregate nodes (and inside window calls' arguments never). */
export interface AggregateExpression extends ExpressionBase {
  readonly kind: 'aggregate';
  readonly entry: FunctionEntry;
  /** count(*) has none. Direct arguments of ordered-set aggregates. */
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  readonly filter?: Expression;
  /** ORDER BY inside the call. */
  readonly orderBy: readonly SortKey[];
  /** WITHIN GROUP (ORDER BY ...) of ordered-set aggregates. */
  readonly withinGroup: readonly SortKey[];
}

export type FrameBound =
  | { readonly kind: 'unboundedPreceding' | 'currentRow' | 'unboundedFollowing' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };

export interface WindowFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude?: 'currentRow' | 'group' | 'ties';
}

/** Stands only in Window nodes. */
export interface WindowExpression extends ExpressionBase {
  readonly kind: 'window';
  readonly entry: FunctionEntry;
  readonly args: readonly Expression[];
  readonly filter?: Expression;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  /** Absent: PostgreSQL's default frame. */
  readonly frame?: WindowFrame;
}

/** GROUPING(keys): stands only in an Aggregate node's aggregates. `keys` are ids of its key columns. */
export interface GroupingExpression extends ExpressionBase {
  readonly kind: 'grouping';
  readonly keys: readonly ColumnId[];
}

export type Expression =
  | ColumnExpression
  | ConstantExpression
  | ParameterExpression
  | CallExpression
  | CastExpression
  | LogicExpression
  | NotExpression
  | NullTestExpression
  | BooleanTestExpression
  | DistinctExpression
  | CaseExpression
  | CoalesceExpression
  | NullIfExpression
  | MinMaxExpression
  | InListExpression
  | QuantifiedExpression
  | ArrayExpression
  | RowExpression
  | SubscriptExpression
  | SliceExpression
  | FieldExpression
  | SubqueryExpression;
