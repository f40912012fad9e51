import type { NumericDigits, SqlType } from '../types/sql-type.ts';

/** `any` takes each argument as it is; the polymorphic types follow PostgreSQL's rules (anycompatible: common type). */
export type PolymorphicType =
  | 'any'
  | 'anyelement'
  | 'anynonarray'
  | 'anyarray'
  | 'anycompatible'
  | 'anycompatiblenonarray'
  | 'anycompatiblearray';
export type ArgumentType = SqlType | PolymorphicType;

export type Volatility = 'immutable' | 'stable' | 'volatile';

/** A printed argument. `constant` is its value when it is a non-null constant after folding. */
export interface TemplateArgument {
  readonly text: string;
  readonly type: SqlType;
  readonly constant?: string;
}

export interface TemplateContext {
  /** The result type of this call (with numeric digits). */
  readonly result: SqlType;
  /** Engine type text of a type, e.g. `DECIMAL(12,2)`. */
  engineType(type: SqlType): string;
  /** The session's TimeZone as an engine string literal, e.g. `'Europe/Berlin'`. */
  readonly timeZone: string;
  /** The statement's frozen now() as an engine timestamptz literal. */
  readonly now: string;
}

/**
 * Engine text of a call. As a string: `{0}`, `{1}` are arguments (already parenthesised where needed), `{*}` all of them
 * separated by commas, `{type}` the result's engine type, `{tz}` the session time zone literal, `{now}` the frozen now().
 * Each argument should stand once: nested calls would double the text. As a function where the text depends on types or constants.
 *
 * Aggregates, ordered-set aggregates and window functions: `{over}` stands directly after the closing parenthesis of the engine's
 * aggregate call, where FILTER, WITHIN GROUP and OVER belong (`CAST(sum({0}){over} AS BIGINT)`); DISTINCT and ORDER BY go inside that
 * call. Without `{over}` the whole text is that call, or a CAST around it. Ordered-set templates list only the direct arguments in
 * the call (`quantile_cont({0}){over}`): the printer adds WITHIN GROUP with its order; `{1}`.. beyond them are the sorted values.
 */
export type Template =
  string | ((args: readonly TemplateArgument[], context: TemplateContext) => string);

export interface Templates {
  readonly duckdb?: Template;
  readonly postgres?: Template;
  readonly trino?: Template;
}

/** One row of the function catalog: an overload of a function, operator or aggregate. The catalog is the allow-list. */
export interface FunctionEntry {
  /** Lower-case name, or the operator's symbol. */
  readonly name: string;
  /** `table`: set-returning. `orderedSet`: aggregate with WITHIN GROUP. */
  readonly kind: 'function' | 'operator' | 'aggregate' | 'orderedSet' | 'window' | 'table';
  readonly args: readonly ArgumentType[];
  /** The last argument type repeats one or more times. */
  readonly variadic: boolean;
  readonly returns: ArgumentType;
  readonly volatility: Volatility;
  /** NULL in, NULL out (for scalar functions). */
  readonly strict: boolean;
  readonly templates: Templates;
  /** A test shows that PostgreSQL's own evaluation gives the same answer, so the call may be pushed to a Postgres source. */
  readonly proven: boolean;
  /** Digits of a numeric result from the argument types; absent: a default by `types/numeric-digits.ts`. */
  readonly digits?: (
    args: readonly SqlType[],
    constants: readonly (string | undefined)[],
  ) => NumericDigits;
  /**
   * Table functions of one column: an item of the engine's FROM that gives the same rows one after another, where the arguments are
   * known beforehand. Absent or undefined: the list that the template makes is held whole and unnested.
   */
  readonly stream?: (args: readonly TemplateArgument[]) => string | undefined;
  /** The name of a table function's only column, where PostgreSQL gives it one that an alias of the function does not replace. */
  readonly resultName?: string;
  /** Output column names and types of a table function with several columns. */
  readonly outputs?: readonly { readonly name: string; readonly type: ArgumentType }[];
}
