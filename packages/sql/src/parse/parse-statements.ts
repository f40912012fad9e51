import type { SelectStmt } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { Statement } from '../statement.ts';
import { createTokenReader } from '../ddl/token-reader.ts';
import { dialectFromName } from './dialect.ts';
import { framedStatement } from './framed-statement.ts';
import { checkNesting } from './nesting.ts';
import { loadParser, parseTree } from './parse-tree.ts';
import { characterIndex, sourcePosition } from './source-position.ts';
import type { CharacterIndex } from './source-position.ts';
import { splitStatements } from './split-statements.ts';
import type { StatementTokens } from './split-statements.ts';
import { DEFAULT_STATEMENT_LIMITS } from './statement-limits.ts';
import type { StatementLimits } from './statement-limits.ts';
import { statementFromTree } from './statement-from-tree.ts';
import type { Token } from './token.ts';

export interface ParseOptions extends Partial<StatementLimits> {
  /** Language of the text; `postgres` unless told. */
  readonly dialect?: string;
}

/** @throws QueryError statementTooComplex, characterNotInRepertoire */
function checkText(text: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes)
    throw new QueryError(
      'statementTooComplex',
      `statement of ${bytes} bytes is longer than the limit of ${maxBytes}`,
    );
  const bad = text.search(/\0|\p{Surrogate}/u);
  if (bad >= 0)
    throw new QueryError(
      'characterNotInRepertoire',
      'statement holds a NUL or half a surrogate pair',
      {
        position: sourcePosition(text, bad),
      },
    );
}

/** PostgreSQL has no backticks; Hive and MySQL users get told what to write. */
function checkQuotes(text: string, tokens: readonly Token[]): void {
  const backtick = tokens.find((token) => token.kind === 'backtickName');
  if (backtick === undefined) return;
  const written = text.slice(backtick.start, backtick.end);
  throw new QueryError('syntaxError', `syntax error at or near "${written}"`, {
    position: sourcePosition(text, backtick.start),
    hint: 'Quote names with double quotes; backticks are understood in CREATE EXTERNAL TABLE and the like only.',
  });
}

function checkPostgres(
  text: string,
  { tokens, semicolon }: StatementTokens,
  maxDepth: number,
): readonly Token[] {
  checkNesting(text, tokens, maxDepth);
  checkQuotes(text, tokens);
  return semicolon === undefined ? tokens : [...tokens, semicolon];
}

function parseOne(
  text: string,
  split: StatementTokens,
  limits: StatementLimits,
  characterAt: CharacterIndex,
): Statement {
  const { tokens, parser } = split;
  const offset = tokens[0]?.start ?? 0;
  const base = { text: text.slice(offset, tokens.at(-1)?.end ?? offset), offset };
  if (parser !== undefined) {
    const reader = createTokenReader(text, tokens, split.semicolon, characterAt);
    const parsed = parser(reader);
    reader.expectEnd();
    return { ...base, ...parsed };
  }
  const framed = framedStatement(text, split, characterAt, (part, its) => {
    checkPostgres(part, { ...split, tokens: its, semicolon: undefined }, limits.maxDepth);
    return statementFromTree(parseTree(part, its, characterAt), { text: part, tokens: its });
  });
  if (framed !== undefined) return framed;
  const tree = parseTree(text, checkPostgres(text, split, limits.maxDepth), characterAt);
  return statementFromTree(tree, { text, tokens });
}

/**
 * `parseStatements` without waiting; `loadParser()` must have been awaited.
 *
 * @throws QueryError as parseStatements
 */
export function parseStatementsSync(
  text: string,
  options: ParseOptions = {},
): readonly Statement[] {
  dialectFromName(options.dialect ?? 'postgres');
  const limits = { ...DEFAULT_STATEMENT_LIMITS, ...options };
  checkText(text, limits.maxBytes);
  const characterAt = characterIndex(text);
  const statements = splitStatements(text).map((split) =>
    parseOne(text, split, limits, characterAt),
  );
  return statements.length > 0 ? statements : [{ kind: 'empty', text: '', offset: 0 }];
}

/**
 * Splits text into statements and parses each; text without any is one `empty` statement. One bad statement fails all.
 *
 * @throws QueryError syntaxError with PostgreSQL's message and a 1-based position in `text`; featureNotSupported naming a
 * statement that is outside the allow-list; statementTooComplex beyond the limits; characterNotInRepertoire for NUL.
 */
export async function parseStatements(
  text: string,
  options: ParseOptions = {},
): Promise<readonly Statement[]> {
  await loadParser();
  return parseStatementsSync(text, options);
}

/**
 * Parses one SELECT (VALUES, TABLE, WITH), as kept of a view. `loadParser()` must have been awaited. QUALIFY markers may be
 * in the tree.
 *
 * @throws QueryError as parseStatements, and syntaxError for anything but one query.
 */
export function parseQuery(text: string, options: ParseOptions = {}): SelectStmt {
  const [statement, another] = parseStatementsSync(text, options);
  if (statement?.kind !== 'select' || another !== undefined)
    throw new QueryError('syntaxError', 'expected one query');
  return statement.tree;
}
