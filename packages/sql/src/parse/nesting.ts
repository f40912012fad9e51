import { QueryError } from '../errors.ts';
import { sourcePosition } from './source-position.ts';
import type { Token } from './token.ts';

/** One bracket or CASE and what has piled up inside it since. */
interface Level {
  readonly closer: ')' | ']' | '}' | 'end' | '';
  /** Depth outside. */
  readonly base: number;
  /** Operators of the current expression: each may nest the tree by one. */
  operators: number;
  /** Joins of the current FROM item. */
  joins: number;
  /** Set operations of this level. */
  setOperations: number;
  /** BETWEENs whose AND has not come. */
  betweens: number;
}

const CLOSER: Readonly<Record<string, Level['closer']>> = { '(': ')', '[': ']', '{': '}' };

/** Words that apply to an operand or join two, besides symbols. AND and OR chains are flat in the tree. */
const OPERATOR_WORDS = new Set(
  'not is isnull notnull like ilike similar between in collate at operator escape overlaps'.split(
    ' ',
  ),
);
const JOIN_WORDS = new Set(['join']);
const SET_WORDS = new Set(['union', 'intersect', 'except']);
/** Reserved words that end an expression. */
const CLAUSE_WORDS = new Set(
  'select where having on when then else union intersect except'.split(' '),
);

function newLevel(closer: Level['closer'], base: number): Level {
  return { closer, base, operators: 0, joins: 0, setOperations: 0, betweens: 0 };
}

function depthOf(level: Level): number {
  return level.base + level.operators + level.joins + level.setOperations;
}

function startExpression(level: Level): void {
  level.operators = 0;
  level.betweens = 0;
}

/**
 * Refuses a statement whose tree would be too deep, judged by its tokens alone: parsers and every walk over a tree
 * recurse, so the depth must be bounded before there is a tree. The estimate is an upper bound of the tree's depth.
 *
 * @throws QueryError statementTooComplex at the token that exceeds `maxDepth`.
 */
export function checkNesting(text: string, tokens: readonly Token[], maxDepth: number): void {
  const levels: Level[] = [newLevel('', 0)];
  let previous = '';
  for (const token of tokens) {
    const level = levels[levels.length - 1] ?? newLevel('', 0);
    const raw =
      token.kind === 'word' || token.kind === 'punctuation'
        ? text.slice(token.start, token.end)
        : '';
    // After a dot, any word is a name.
    const word = token.kind === 'word' && previous !== '.' ? raw.toLowerCase() : '';
    if (token.kind === 'operator' || raw === '::' || OPERATOR_WORDS.has(word)) {
      level.operators++;
      if (word === 'between') level.betweens++;
    } else if (raw === ',') {
      startExpression(level);
      level.joins = 0;
    } else if (word === 'and' && level.betweens > 0) level.betweens--;
    else if (word === 'and' || word === 'or') startExpression(level);
    else if (SET_WORDS.has(word)) {
      level.setOperations++;
      level.joins = 0;
      startExpression(level);
    } else if (JOIN_WORDS.has(word)) {
      level.joins++;
      startExpression(level);
    } else if (CLAUSE_WORDS.has(word) || (word === 'from' && previous !== 'distinct'))
      startExpression(level);
    else if (word === 'case' && previous !== 'as') levels.push(newLevel('end', depthOf(level) + 1));
    else if (word === 'end' && previous !== 'as') {
      if (level.closer === 'end') levels.pop();
    } else if (token.kind === 'punctuation') {
      const closer = CLOSER[raw];
      if (closer !== undefined) levels.push(newLevel(closer, depthOf(level) + 1));
      else if (raw === ')' || raw === ']' || raw === '}') closeLevel(levels, raw);
    }
    previous = token.kind === 'word' ? raw.toLowerCase() : raw;
    const top = levels[levels.length - 1];
    if (top !== undefined && depthOf(top) > maxDepth)
      throw new QueryError(
        'statementTooComplex',
        `statement nests deeper than ${maxDepth} levels`,
        {
          position: sourcePosition(text, token.start),
          hint: 'Use fewer nested parentheses, functions, chained operators, joins or set operations; IN (...) for long lists.',
        },
      );
  }
}

/** Leaves the innermost bracket of that kind, with any CASE left open inside it. */
function closeLevel(levels: Level[], closer: ')' | ']' | '}'): void {
  let at = levels.length - 1;
  while (at > 0 && levels[at]?.closer === 'end') at--;
  if (at > 0 && levels[at]?.closer === closer) levels.length = at;
}
