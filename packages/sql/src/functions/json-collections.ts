import { argument, raise } from './division.ts';
import type { TemplateArgument, TemplateContext } from './function-entry.ts';
import { jsonKey, jsonValue } from './rows/json.ts';
import { reuse } from './template-parts.ts';

/** What json_agg, json_object_agg and their jsonb forms put between items. */
export const JSON_SEPARATOR = ', ';

/** DuckDB text of an item of json_agg and jsonb_agg, as to_json spells it; NULL is null. */
export function jsonItemText(args: readonly TemplateArgument[], context: TemplateContext): string {
  const item = argument(args, 0);
  return `coalesce(CAST(${jsonValue(item.text, item.type, context)} AS VARCHAR), 'null')`;
}

/** The joined items as the aggregate's value. */
export function jsonArrayText(items: string): string {
  return `CAST(('[' || ${items} || ']') AS JSON)`;
}

/** Stands for a missing key: no JSON text holds this character. */
const NO_KEY = 'chr(1)';

type JsonType = 'json' | 'jsonb';

/** DuckDB text of a member of json_object_agg or jsonb_object_agg: key and value. */
export function jsonMemberText(
  type: JsonType,
  args: readonly TemplateArgument[],
  context: TemplateContext,
): string {
  const value = argument(args, 1);
  const separator = type === 'json' ? ' : ' : ': ';
  const key = `CAST(to_json(${jsonKey(argument(args, 0), context)}) AS VARCHAR)`;
  const shown = `coalesce(CAST(${jsonValue(value.text, value.type, context)} AS VARCHAR), 'null')`;
  return `coalesce(${key} || '${separator}' || ${shown}, ${NO_KEY})`;
}

/** The joined members as the aggregate's value. A missing key is an error of the result: rows that FILTER drops may have none. */
export function jsonObjectText(type: JsonType, members: string): string {
  const [open, close] = type === 'json' ? ['{ ', ' }'] : ['{', '}'];
  const missing =
    type === 'json'
      ? raise('22004', 'null value not allowed for object key')
      : raise('22023', 'field name must not be null');
  return reuse(
    [members],
    (text) =>
      `CASE WHEN contains(${text}, ${NO_KEY}) THEN CAST(${missing} AS JSON) ELSE CAST(('${open}' || ${text} || '${close}') AS JSON) END`,
  );
}
