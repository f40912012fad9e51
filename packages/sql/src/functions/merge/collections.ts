import type { AggregateExpression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { arrayOf, BYTEA, TEXT } from '../../types/sql-type.ts';
import { argument } from '../division.ts';
import type { FunctionEntry, TemplateArgument, TemplateContext } from '../function-entry.ts';
import { jsonArrayText, jsonMemberText, jsonObjectText } from '../json-collections.ts';
import { ITEM_SEPARATOR, itemText } from '../json-text.ts';
import { agg, fn } from '../signature.ts';
import { textLiteral } from '../template-parts.ts';
import {
  argumentOf,
  callOf,
  mergeOf,
  notMergeable,
  oneColumn,
  partialOf,
  withoutCodec,
} from './calls.ts';
import type { MergeRule } from './calls.ts';
import { decodeText, eachElement, encodeText, storedType } from './codec.ts';
import type { Decomposition } from './decomposition.ts';
import { sameExpression } from './same-expression.ts';
import { sortKeyOf } from './sort-key.ts';
import { exactnessOfChoice } from './value-kinds.ts';

/** Collected items as a column: what each gives the answer (`v`, in the form cells keep) and where it sorts (`k`). */
function itemsType(value: SqlType): SqlType {
  return arrayOf(
    Object.freeze({
      kind: 'struct',
      fields: [
        { name: 'k', type: BYTEA },
        { name: 'v', type: value },
      ],
    }),
  );
}

type ItemText = (args: readonly TemplateArgument[], context: TemplateContext) => string;

/** The first argument is the item's sort key, the others are the call's. `unique`: each item once. */
function collector(name: string, item: ItemText, unique: boolean): FunctionEntry {
  return agg(`cell_${unique ? 'distinct_' : ''}${name}(variadic any) -> any`, {
    duckdb: (args, context) => {
      const items = `list({'k': ${argument(args, 0).text}, 'v': ${item(args.slice(1), context)}}){over}`;
      return unique ? `list_distinct(${items})` : items;
    },
  });
}

const APPEND = agg('append_items(any) -> any', { duckdb: 'flatten(list({0}){over})' });
const UNITE = agg('unite_items(any) -> any', {
  duckdb: 'list_distinct(flatten(list({0}){over}))',
});

/** Items in order; among equals in the order of their values, so that the same items always give the same answer. */
function sorted(items: string): string {
  return `list_sort(${items})`;
}

/** Texts of the items joined; NULL where there are none. */
function joined(items: string, separator: string): string {
  const texts = eachElement(sorted(items), (item) => `${item}.v`);
  return `list_aggregate(${texts}, 'string_agg', ${separator})`;
}

/** What of a call is collected and what becomes of it. */
interface Collection {
  readonly item: (unique: boolean) => FunctionEntry;
  /** The item's type from the call's arguments; undefined where cells cannot hold it. */
  readonly type: (call: AggregateExpression) => SqlType | undefined;
  readonly finish: FunctionEntry;
  /** How many arguments belong to the item; the rest are constants for `finish`. */
  readonly arity: number;
}

function collection(
  name: string,
  item: ItemText,
  arity: number,
  finish: FunctionEntry,
  type: Collection['type'],
): MergeRule {
  const plain = collector(name, item, false);
  const unique = collector(name, item, true);
  return collectionRule({ item: (once) => (once ? unique : plain), type, finish, arity });
}

function collectionRule({ item, type, finish, arity }: Collection): MergeRule {
  return (call) => {
    const value = type(call);
    if (value === undefined) return withoutCodec(call);
    const items = call.args.slice(0, arity);
    const rest = call.args.slice(arity);
    if (rest.some((each) => each.kind !== 'constant' || each.value === null)) {
      return notMergeable(call);
    }
    // Items are told apart by their stored form: where equal values have several forms, DISTINCT may keep others.
    const exactness = exactnessOfItems(call);
    if (call.distinct && items.some((each) => exactnessOfChoice(each.type) !== 'exact')) {
      return notMergeable(call);
    }
    const stored = itemsType(value);
    const key = sortKeyOf(call.orderBy) ?? { kind: 'constant', value: null, type: BYTEA };
    return oneColumn({
      partial: partialOf(call, item(call.distinct), [key, ...items], stored),
      rollUp: (column) => mergeOf(call.distinct ? UNITE : APPEND, [column], stored),
      finish: (column) => callOf(finish, [column, ...rest], call.type),
      exactness,
      size: 'input',
    });
  };
}

/** Only an order in which equal items are the same decides the answer. */
function exactnessOfItems(call: AggregateExpression): Decomposition['exactness'] {
  const first = argumentOf(call, 0);
  const decided =
    call.args.length === 1 || call.args.slice(1).every((each) => each.kind === 'constant');
  const ordered = call.orderBy.some(({ expression }) => sameExpression(expression, first));
  return decided && ordered && exactnessOfChoice(first.type) === 'exact'
    ? 'exact'
    : 'nondeterministic';
}

const textType = (): SqlType => TEXT;
const first: ItemText = (args) => encodeText(argument(args, 0).text, argument(args, 0).type);

const JOIN = fn('join_items(any, text) -> text', {
  duckdb: (args) => joined(argument(args, 0).text, argument(args, 1).text),
  strict: false,
});
const CONCATENATE = fn('concatenate_items(any) -> text', {
  duckdb: (args) => joined(argument(args, 0).text, "''"),
  strict: false,
});
const LIST = fn('list_items(any) -> anyarray', {
  duckdb: (args, context) => {
    const items = argument(args, 0).text;
    const element = context.result.kind === 'array' ? context.result.element : TEXT;
    const values = eachElement(sorted(items), (item) => decodeText(`${item}.v`, element));
    return `CASE WHEN len(${items}) > 0 THEN ${values} END`;
  },
  strict: false,
});

export const stringRule = collection('texts', first, 1, JOIN, textType);
export const concatenationRule = collection('texts', first, 1, CONCATENATE, textType);
export const arrayRule = collection('values', first, 1, LIST, (call) =>
  storedType(argumentOf(call, 0).type),
);

const JSON_ARRAY = fn('json_array_of_items(any) -> json', {
  duckdb: (args) => jsonArrayText(joined(argument(args, 0).text, textLiteral(ITEM_SEPARATOR))),
  strict: false,
});
const jsonItem: ItemText = (args, context) => itemText(argument(args, 0), context);
export const jsonArrayRule = collection('json_items', jsonItem, 1, JSON_ARRAY, textType);

/** json_object_agg and jsonb_object_agg. */
export function jsonObjectRule(type: 'json' | 'jsonb'): MergeRule {
  const finish = fn(`${type}_object_of_items(any) -> ${type}`, {
    duckdb: (args) =>
      jsonObjectText(type, joined(argument(args, 0).text, textLiteral(ITEM_SEPARATOR))),
    strict: false,
  });
  const member: ItemText = (args, context) => jsonMemberText(type, args, context);
  return collection(`${type}_members`, member, 2, finish, textType);
}
