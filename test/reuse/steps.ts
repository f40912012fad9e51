import { dialectText } from '../random/dialects.ts';
import type { ComparedStatement } from './statements.ts';
import type { TableState } from './windowed-tables.ts';

/** One thing that happens in a history. Paths are below the lake's root. */
export type Step =
  /** A new file, or one in place of another. */
  | { readonly kind: 'file'; readonly path: string; readonly rows: string }
  /** Other rows in a file of the same size and modification time: renamed over the old one, or written into it. */
  | { readonly kind: 'disguise'; readonly path: string; readonly how: 'beside' | 'inPlace' }
  | { readonly kind: 'remove'; readonly path: string }
  /** Catalog statements, after which the table stands as given; without a state it is gone. */
  | {
      readonly kind: 'define';
      readonly name: string;
      readonly state: TableState | undefined;
      readonly texts: readonly string[];
    }
  | { readonly kind: 'repair'; readonly name: string }
  /** A statement for both sides: a view, a time zone. `stays`: said again in a new session. */
  | {
      readonly kind: 'both';
      readonly postgres: string;
      readonly duckdb: string;
      readonly stays: boolean;
    }
  /** A setting of the product alone. */
  | { readonly kind: 'setting'; readonly text: string }
  | { readonly kind: 'restart' }
  /** A server process is killed while it runs these statements. */
  | { readonly kind: 'killed'; readonly texts: readonly string[]; readonly milliseconds: number }
  | { readonly kind: 'statement'; readonly statement: ComparedStatement }
  /** Several clients ask at once. */
  | { readonly kind: 'together'; readonly statements: readonly ComparedStatement[] }
  /** The change happens between the listing and the reading of the statement's files. */
  | { readonly kind: 'race'; readonly statement: ComparedStatement; readonly change: Step };

const SHOWN = 300;

export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'file':
      return `file ${step.path}: ${step.rows.slice(0, SHOWN)}`;
    case 'define':
      return `define ${step.texts.join('; ')}`;
    case 'statement':
      return `statement ${dialectText(step.statement.text, 'postgres')}`;
    case 'together':
      return `together ${step.statements.map(({ text }) => dialectText(text, 'postgres')).join('\n    and ')}`;
    case 'race':
      return `race ${dialectText(step.statement.text, 'postgres')}\n    with ${describeStep(step.change)}`;
    case 'both':
      return `both ${step.postgres}`;
    case 'restart':
      return 'restart';
    case 'killed':
      return `killed after ${step.milliseconds} ms of ${step.texts.join('; ')}`;
    case 'setting':
      return step.text;
    case 'disguise':
      return `disguise ${step.path} (${step.how})`;
    case 'remove':
      return `remove ${step.path}`;
    case 'repair':
      return `repair ${step.name}`;
  }
}
