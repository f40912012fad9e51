import type { Expression, SortKey } from '../../plan/expression.ts';
import { BYTEA, TEXT } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import { fn } from '../signature.ts';
import { callOf } from './calls.ts';
import { isScalar } from './value-kinds.ts';

const SORT_KEY = fn('sort_key(variadic any) -> bytea', {
  duckdb: (args) => {
    const parts = args.flatMap((key, index) => {
      if (index % 2 === 1) return [];
      // Trailing blanks of bpchar do not count.
      const text = isScalar(key.type, 'bpchar') ? `rtrim(${key.text}, ' ')` : key.text;
      return [text, `'${argument(args, index + 1).constant ?? ''}'`];
    });
    // Short keys come as integers; with a text beside them as bytes.
    return `create_sort_key(${parts.join(', ')}, '', 'ASC NULLS LAST')`;
  },
  strict: false,
});

/** One value (bytea, never NULL) that sorts as the keys together do; undefined without keys that order anything. */
export function sortKeyOf(keys: readonly SortKey[]): Expression | undefined {
  const ordering = keys.filter(({ expression }) => expression.kind !== 'constant');
  if (ordering.length === 0) return undefined;
  const args = ordering.flatMap((key): readonly Expression[] => [
    key.expression,
    {
      kind: 'constant',
      value: `${key.descending ? 'DESC' : 'ASC'} NULLS ${key.nullsFirst ? 'FIRST' : 'LAST'}`,
      type: TEXT,
    },
  ]);
  return callOf(SORT_KEY, args, BYTEA);
}
