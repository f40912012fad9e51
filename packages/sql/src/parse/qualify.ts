import type { FuncCall, Node, SelectStmt } from '@pgsql/types';
import type { Piece } from './source-map.ts';
import type { Token } from './token.ts';

/**
 * The function name that stands for QUALIFY in a parsed tree. PostgreSQL text cannot hold NUL, so no user text makes it.
 */
export const QUALIFY_MARKER = '\u0000qualify';

/** What the marker is called in the text given to the parser; the tree's call is renamed by its place, not by its name. */
const MARKER_IN_TEXT = 'tributary_qualify';

/** Reserved words after which an operand must follow, so that `qualify` there is a name. */
const BEFORE_OPERAND = new Set(
  (
    'select distinct all from where by and or not on as in is having like ilike similar between union intersect except ' +
    'when then else case join using limit offset with symmetric any some lateral only over escape window'
  ).split(' '),
);
/** Words that follow an alias and start no operand, so that `qualify` before them is an alias. */
const AFTER_ALIAS = new Set(
  (
    'where group having window order limit offset fetch for union intersect except as on using join cross natural inner ' +
    'left right full tablesample and or is in like ilike similar between collate at from asc desc nulls isnull notnull ' +
    'end then when else over filter within'
  ).split(' '),
);
/** Words of AFTER_ALIAS that are also functions. */
const ALSO_FUNCTIONS = new Set(['left', 'right']);
const AFTER_QUALIFY = new Set(
  'window order limit offset fetch for union intersect except where group having'.split(' '),
);

/** One statement's tokens with what the rewrite asks of them. */
interface TokenIndex {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Lower-case word, or '' for what is none or follows a dot. */
  readonly words: readonly string[];
  /** Of an opening bracket: the index of the one that closes it. */
  readonly closers: ReadonlyMap<number, number>;
}

function indexTokens(text: string, tokens: readonly Token[]): TokenIndex {
  const closers = new Map<number, number>();
  const open: number[] = [];
  const words: string[] = [];
  tokens.forEach((token, index) => {
    const raw = token.end - token.start <= 20 ? text.slice(token.start, token.end) : '';
    const last = tokens[index - 1];
    const followsDot = last !== undefined && text.slice(last.start, last.end) === '.';
    words.push(token.kind === 'word' && !followsDot ? raw.toLowerCase() : '');
    if (token.kind !== 'punctuation') return;
    if (raw === '(' || raw === '[') open.push(index);
    else if (raw === ')' || raw === ']') {
      const opener = open.pop();
      if (opener !== undefined) closers.set(opener, index);
    }
  });
  return { text, tokens, words, closers };
}

function raw(index: TokenIndex, at: number): string {
  const token = index.tokens[at];
  return token === undefined ? '' : index.text.slice(token.start, token.end);
}

/** Whether the token at `at` starts an operand and cannot follow an alias. */
function startsOperand(index: TokenIndex, at: number): boolean {
  const token = index.tokens[at];
  if (token === undefined) return false;
  if (token.kind === 'punctuation') return raw(index, at) === '(';
  const word = index.words[at] ?? '';
  return !AFTER_ALIAS.has(word) || (ALSO_FUNCTIONS.has(word) && raw(index, at + 1) === '(');
}

/** Whether the word at `at` stands where only a clause can: after an operand and before one. */
function isClause(index: TokenIndex, at: number): boolean {
  const before = index.tokens[at - 1];
  if (index.words[at] !== 'qualify' || before === undefined) return false;
  const last = raw(index, at - 1);
  if (before.kind === 'operator' && last !== '*') return false;
  if (before.kind === 'punctuation' && last !== ')' && last !== ']') return false;
  if (BEFORE_OPERAND.has(index.words[at - 1] ?? '')) return false;
  // Of two in a row, the first is an alias before a clause or a clause before a column.
  if (index.words[at + 1] === 'qualify')
    return index.tokens[at + 2]?.kind === 'operator' || !startsOperand(index, at + 2);
  return startsOperand(index, at + 1);
}

/** The first index in [from, to) outside brackets that satisfies, or -1. */
function findAtLevel(
  index: TokenIndex,
  from: number,
  to: number,
  wanted: (at: number) => boolean,
): number {
  for (let at = from; at < to; at = (index.closers.get(at) ?? at) + 1) if (wanted(at)) return at;
  return -1;
}

/**
 * Rewrites each `QUALIFY q` of a statement into `HAVING marker(q)`, or `HAVING (h) AND marker(q)` when its select has a
 * HAVING, moved before a WINDOW clause if one precedes it. Answers undefined when there is no QUALIFY clause. It is called
 * only for a statement that is no PostgreSQL, so a column, alias or table named qualify keeps its meaning.
 *
 * `markers` are the indexes of the pieces that hold the marker's name.
 */
export function rewriteQualify(
  text: string,
  tokens: readonly Token[],
): { readonly pieces: readonly Piece[]; readonly markers: readonly number[] } | undefined {
  const index = indexTokens(text, tokens);
  const clauses = new Set<number>();
  for (let at = 0; at < tokens.length; at++)
    if (!clauses.has(at - 1) && isClause(index, at)) clauses.add(at);
  if (clauses.size === 0) return undefined;
  /** Clauses before each token. */
  const counts = new Int32Array(tokens.length + 1);
  for (let at = 0; at < tokens.length; at++)
    counts[at + 1] = (counts[at] ?? 0) + (clauses.has(at) ? 1 : 0);
  const pieces: Piece[] = [];
  const markers: number[] = [];

  const insert = (inserted: string, near: number): void => {
    pieces.push({ text: inserted, source: tokens[near]?.start ?? 0, inserted: true });
  };
  const copy = (from: number, to: number): void => {
    const first = tokens[from];
    const last = tokens[to - 1];
    if (first === undefined || last === undefined || from >= to) return;
    pieces.push({ text: text.slice(first.start, last.end), source: first.start });
    pieces.push({ text: ' ', source: last.end, inserted: true });
  };
  /** Tokens without a clause at their own level. */
  const emitPlain = (from: number, to: number): void => {
    let copied = from;
    for (let at = from; at < to; at++) {
      const close = index.closers.get(at);
      if (close === undefined || close >= to) continue;
      if (hasClause(at, close)) {
        copy(copied, at + 1);
        emit(at + 1, close);
        copied = close;
      }
      at = close;
    }
    copy(copied, to);
  };
  const hasClause = (from: number, to: number): boolean => (counts[to] ?? 0) > (counts[from] ?? 0);
  const emit = (start: number, to: number): void => {
    let from = start;
    for (;;) {
      const clause = findAtLevel(index, from, to, (at) => clauses.has(at));
      if (clause < 0) break;
      let select = from;
      for (let at = from; at < clause; at = (index.closers.get(at) ?? at) + 1)
        if (index.words[at] === 'select') select = at;
      const having = findAtLevel(index, select, clause, (at) => index.words[at] === 'having');
      const window = findAtLevel(index, select, clause, (at) => index.words[at] === 'window');
      const found = findAtLevel(
        index,
        clause + 1,
        to,
        (at) =>
          clauses.has(at) || AFTER_QUALIFY.has(index.words[at] ?? '') || raw(index, at) === ';',
      );
      const end = found < 0 ? to : found;
      const afterHaving = window < 0 ? clause : window;
      emitPlain(from, having < 0 ? afterHaving : having);
      insert('HAVING ', having < 0 ? clause : having);
      if (having >= 0) {
        insert('(', having);
        emitPlain(having + 1, afterHaving);
        insert(') AND ', clause);
      }
      markers.push(pieces.length);
      insert(MARKER_IN_TEXT, clause);
      insert('(', clause);
      emitPlain(clause + 1, end);
      insert(') ', end - 1);
      if (window >= 0) emitPlain(window, clause);
      from = end;
    }
    emitPlain(from, to);
  };
  emit(0, tokens.length);
  return { pieces, markers };
}

/** Renames the call that stands for a QUALIFY, found by its place. */
export function markQualify(call: FuncCall): void {
  call.funcname = [{ String: { sval: QUALIFY_MARKER } }];
}

function qualifyCondition(node: Node | undefined): Node | undefined {
  if (node === undefined || !('FuncCall' in node)) return undefined;
  const [name] = node.FuncCall.funcname ?? [];
  if (name === undefined || !('String' in name) || name.String.sval !== QUALIFY_MARKER)
    return undefined;
  return node.FuncCall.args?.[0];
}

/**
 * Takes a select's HAVING apart. In the tree, QUALIFY is part of `havingClause`:
 * - `QUALIFY q` alone: `havingClause` is `FuncCall(QUALIFY_MARKER, [q])`; the select has no HAVING and is not made an
 *   aggregate by it;
 * - `HAVING h QUALIFY q`: `havingClause` is an AND `BoolExpr` whose last argument is that call and whose others are h (an
 *   AND of h's own arguments when h is an AND).
 * The marker stands nowhere else, and no user text can make one. It may be at any select level, also in views.
 */
export function splitQualify(select: SelectStmt): {
  readonly having?: Node;
  readonly qualify?: Node;
} {
  const clause = select.havingClause;
  if (clause === undefined) return {};
  const alone = qualifyCondition(clause);
  if (alone !== undefined) return { qualify: alone };
  if (!('BoolExpr' in clause) || clause.BoolExpr.boolop !== 'AND_EXPR') return { having: clause };
  const conditions = clause.BoolExpr.args ?? [];
  const qualify = qualifyCondition(conditions.at(-1));
  if (qualify === undefined) return { having: clause };
  const [first, ...others] = conditions.slice(0, -1);
  if (first === undefined) return { qualify };
  const having: Node =
    others.length === 0 ? first : { BoolExpr: { ...clause.BoolExpr, args: [first, ...others] } };
  return { having, qualify };
}
