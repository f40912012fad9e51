import type { FunctionEntry, Template, TemplateArgument } from '../functions/function-entry.ts';
import type { CastContext } from '../plan/expression.ts';
import type { RemoteQueryPlan, ScanPlan } from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';

/** One function of ROWS FROM with its printed call; `fields` names the parts of a row-valued one. */
export interface PrintedTableFunction {
  readonly text: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly fields?: readonly string[];
  /** An item of the engine's FROM with one column of the same rows. */
  readonly stream?: string;
}

/** `left operator ANY|ALL (array)` with the operator applied by `compare`. */
export interface PrintedQuantified {
  readonly left: TemplateArgument;
  readonly array: TemplateArgument;
  readonly elementType: SqlType;
  readonly entry: FunctionEntry;
  readonly quantifier: 'any' | 'all';
  compare(left: TemplateArgument, right: TemplateArgument): string;
}

/** What differs between engines. Texts that come in are operands; texts that go out are made operands by the caller. */
export interface Dialect {
  readonly name: 'duckdb' | 'postgres';
  /** SEMI JOIN and ANTI JOIN exist; else EXISTS. */
  readonly semiJoin: boolean;
  /** DISTINCT ON and WITH TIES are native and exact; else they are printed as QUALIFY. */
  readonly nativeRowSelection: boolean;
  typeName(type: SqlType): string;
  literal(value: string | null, type: SqlType): string;
  /** A value that is given when the text runs. Throws where the engine is given all values as text. */
  parameter(index: number, type: SqlType): string;
  /** Throws featureNotSupported where the engine has no equal. */
  template(entry: FunctionEntry): Template;
  /** Throws featureNotSupported where the engine has no equal. */
  castTemplate(from: SqlType, to: SqlType, context: CastContext): Template;
  /** The value as `=` compares it. */
  comparable(text: string, type: SqlType): string;
  sortValue(text: string, type: SqlType): string;
  row(fields: readonly string[], type: SqlType): string;
  /** The greatest or least of printed values separated by commas. */
  extreme(kind: 'greatest' | 'least', values: string, type: SqlType): string;
  array(elements: readonly string[], type: SqlType): string;
  subscript(value: TemplateArgument, index: TemplateArgument): string;
  slice(
    value: TemplateArgument,
    lower: TemplateArgument | undefined,
    upper: TemplateArgument | undefined,
  ): string;
  field(text: string, name: string): string;
  quantified(parts: PrintedQuantified): string;
  grouping(keys: readonly string[]): string;
  /** An item of FROM that names its columns as given, the ordinality column last. */
  tableFunction(
    functions: readonly PrintedTableFunction[],
    relation: string,
    ordinality: string | undefined,
  ): string;
  /** An item of FROM without alias, and the name in it of a column that the scan outputs. */
  scan(scan: ScanPlan | RemoteQueryPlan): {
    readonly text: string;
    column(id: number, source: string): string;
  };
}
