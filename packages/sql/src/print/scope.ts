import type { ColumnId } from '../plan/expression.ts';
import type { SqlType } from '../types/sql-type.ts';

/** What a column is in terms of the FROM clause of the SELECT being printed. */
export interface Definition {
  /** An operand: safe wherever it is put. */
  readonly text: string;
  readonly type: SqlType;
  /** A plain reference to a column of a relation in FROM. */
  readonly column: boolean;
  /** Set where the text is a literal. */
  readonly constant?: string | null;
  /** The engine's type of the text is exactly the engine type of `type`. */
  readonly proven: boolean;
  readonly volatile: boolean;
  readonly subquery: boolean;
  /** After which step of the SELECT the value exists. */
  readonly stage: 'row' | 'aggregate' | 'window';
}

/** The columns that an expression may refer to: of its own SELECT, then of the enclosing ones. */
export interface Scope {
  find(id: ColumnId): Definition | undefined;
}

export const EMPTY_SCOPE: Scope = { find: () => undefined };

/** A scope of `definitions` inside `parent`. */
export function innerScope(definitions: ReadonlyMap<ColumnId, Definition>, parent: Scope): Scope {
  return { find: (id) => definitions.get(id) ?? parent.find(id) };
}

/** A plain column reference. */
export function columnDefinition(text: string, type: SqlType, proven: boolean): Definition {
  return { text, type, column: true, proven, volatile: false, subquery: false, stage: 'row' };
}
