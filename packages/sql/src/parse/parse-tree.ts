import { loadModule, parseSync } from 'libpg-query';
import type { FuncCall, Node } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { markQualify, rewriteQualify } from './qualify.ts';
import { sourceMap } from './source-map.ts';
import type { Piece, SourceMap } from './source-map.ts';
import type { CharacterIndex } from './source-position.ts';
import type { Token } from './token.ts';

let isLoaded = false;

/** Loads the parser once; the synchronous functions need it done. */
export async function loadParser(): Promise<void> {
  await loadModule();
  isLoaded = true;
}

export interface ParsedTree {
  readonly node: Node;
  /** QUALIFY markers are in the tree; see `splitQualify`. */
  readonly qualify: boolean;
}

const LOCATION_KEYS = new Set([
  'location',
  'name_location',
  'arg_location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
]);

/** Statements that change data may stand in a WITH. */
const DATA_CHANGES: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  intoClause: 'SELECT INTO',
};

/** The SQLSTATE of a parser message; the parser gives none. */
function codeOf(message: string): ErrorCode {
  if (/^(?:memory exhausted|stack depth)/.test(message)) return 'statementTooComplex';
  if (/^invalid Unicode (?:escape value|surrogate)|^invalid byte sequence/.test(message))
    return 'characterNotInRepertoire';
  return 'syntaxError';
}

/** A message may quote all the rest of the text. */
function shortened(message: string): string {
  return message.length <= 300 ? message : `${message.slice(0, 300)}..."`;
}

function tooComplex(cause: unknown): QueryError {
  return new QueryError('statementTooComplex', 'statement is too complex to parse', { cause });
}

/** Runs the parser; its errors become QueryErrors whose positions are in the user's text. */
function runParser(map: SourceMap): Node {
  let statements;
  try {
    statements = parseSync(map.input).stmts ?? [];
  } catch (error) {
    const { message, sqlDetails } = error as {
      message: string;
      sqlDetails?: { cursorPosition: number };
    };
    // Anything but a report of PostgreSQL's parser is its stack or memory running out.
    if (sqlDetails === undefined) throw tooComplex(error);
    throw new QueryError(codeOf(message), shortened(message), {
      position: map.characterOfCharacter(sqlDetails.cursorPosition) + 1,
    });
  }
  const [only] = statements;
  if (only?.stmt === undefined || statements.length !== 1)
    throw new QueryError('syntaxError', 'cannot tell where the statement ends', {
      position: map.characterOfByte(0) + 1,
    });
  return only.stmt;
}

/** Points locations into the user's text, names the markers, and refuses data changes below the top. */
function finishTree(root: Node, map: SourceMap, markerBytes: ReadonlySet<number>): void {
  const pending: object[] = Object.values(root);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const fields = node as Record<string, unknown>;
    for (const [key, value] of Object.entries(fields)) {
      const refused = DATA_CHANGES[key];
      if (refused !== undefined)
        throw new QueryError('featureNotSupported', `${refused} is not supported`);
      if (typeof value === 'number') {
        if (value >= 0 && LOCATION_KEYS.has(key)) fields[key] = map.characterOfByte(value);
      } else if (typeof value === 'object' && value !== null) {
        if (key === 'FuncCall') {
          const call = value as FuncCall;
          if (markerBytes.has(call.location ?? -1)) markQualify(call);
        }
        pending.push(value);
      }
    }
  }
}

/**
 * Parses the one PostgreSQL statement made of `tokens`, which may end in its semicolon. Locations in the tree are 0-based
 * characters of the whole `text`.
 *
 * @throws QueryError syntaxError with PostgreSQL's message and position; featureNotSupported for data changes in a WITH.
 */
export function parseTree(
  text: string,
  tokens: readonly Token[],
  characterAt: CharacterIndex,
): ParsedTree {
  if (!isLoaded)
    throw new QueryError('internalError', 'the parser is not loaded; await loadParser() first');
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined)
    throw new QueryError('syntaxError', 'syntax error at end of input', {
      position: characterAt(text.length) + 1,
    });
  const whole: Piece = { text: text.slice(first.start, last.end), source: first.start };
  const map = sourceMap(characterAt, [whole]);
  try {
    const node = runParser(map);
    finishTree(node, map, new Set());
    return { node, qualify: false };
  } catch (error) {
    if (!(error instanceof QueryError) || error.code !== 'syntaxError') throw error;
    const rewritten = rewriteQualify(text, tokens);
    if (rewritten === undefined) throw error;
    const rewrittenMap = sourceMap(characterAt, rewritten.pieces);
    const node = runParser(rewrittenMap);
    finishTree(node, rewrittenMap, markerBytes(rewritten.pieces, rewritten.markers));
    return { node, qualify: true };
  }
}

function markerBytes(pieces: readonly Piece[], markers: readonly number[]): ReadonlySet<number> {
  const wanted = new Set(markers);
  const bytes = new Set<number>();
  let at = 0;
  pieces.forEach((piece, index) => {
    if (wanted.has(index)) bytes.add(at);
    at += Buffer.byteLength(piece.text);
  });
  return bytes;
}
