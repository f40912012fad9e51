import type { A_Expr } from '@pgsql/types';
import { similarToRegex } from '@tributary/sql';
import type { QueryLevel } from './bind-state.ts';
import { failure } from './bind-state.ts';

/** The grammar writes `a SIMILAR TO b` as `a ~ similar_to_escape(b)`: the same with that call folded. */
export function foldSimilarPattern(level: QueryLevel, tree: A_Expr): A_Expr {
  const { rexpr } = tree;
  const args = rexpr !== undefined && 'FuncCall' in rexpr ? (rexpr.FuncCall.args ?? []) : [];
  const texts = args.map((arg) => {
    const constant = 'A_Const' in arg ? arg.A_Const : undefined;
    if (constant?.isnull === true) return null;
    if (constant?.sval === undefined) {
      throw failure(
        level,
        'featureNotSupported',
        'SIMILAR TO takes constant patterns only',
        tree.location,
        { hint: 'Use LIKE, or a regular expression with ~.' },
      );
    }
    return constant.sval.sval ?? '';
  });
  const [pattern, escape] = texts;
  if (pattern === undefined) {
    throw failure(level, 'syntaxError', 'SIMILAR TO lacks its pattern', tree.location);
  }
  if (pattern === null || escape === null) {
    // NULL is no regular expression, but a LIKE pattern.
    return { ...tree, name: [{ String: { sval: '~~' } }], rexpr: { A_Const: { isnull: true } } };
  }
  return { ...tree, rexpr: { A_Const: { sval: { sval: similarToRegex(pattern, escape) } } } };
}
