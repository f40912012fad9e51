import type { TemplateContext } from '../functions/function-entry.ts';
import type { ColumnId, Expression } from '../plan/expression.ts';
import type { Plan } from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Dialect } from './dialect.ts';
import type { Scope } from './scope.ts';

/** A subquery as an item of FROM, and its columns' references. */
export interface PrintedRelation {
  readonly text: string;
  readonly columns: readonly string[];
}

/** What the parts of one printing share. */
export interface Printer {
  readonly dialect: Dialect;
  /** A relation name that nothing else in the text has. */
  relationName(): string;
  /** A SELECT without parentheses that outputs the plan's columns. */
  query(plan: Plan, scope: Scope): string;
  /** `(SELECT ..) AS r7`. */
  relation(plan: Plan, scope: Scope): PrintedRelation;
  templateContext(result: SqlType): TemplateContext;
  /** Answers the text. Throws statementTooComplex where it has grown too long. */
  checked(text: string): string;
  expression(expression: Expression, scope: Scope): string;
}

/** The name of a column in printed text. */
export function columnName(id: ColumnId): string {
  return `c${id}`;
}
