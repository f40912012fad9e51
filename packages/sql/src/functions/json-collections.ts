import { argument } from './division.ts';
import type { TemplateArgument, TemplateContext } from './function-entry.ts';
import { itemText, jsonKey, MEMBER_SEPARATORS } from './json-text.ts';
import { raise, reuse } from './template-parts.ts';

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
  const key = `CAST(to_json(${jsonKey(argument(args, 0), context)}) AS VARCHAR)`;
  return `coalesce(${key} || '${MEMBER_SEPARATORS[type]}' || ${itemText(argument(args, 1), context)}, ${NO_KEY})`;
}

/** The joined members as the aggregate's value. A missing key is an error of the result: rows that FILTER drops may have none. */
export function jsonObjectText(type: JsonType, members: string): string {
  const [open, close] = type === 'json' ? ['{ ', ' }'] : ['{', '}'];
  const missing =
    type === 'json'
      ? raise('nullValueNotAllowed', 'null value not allowed for object key')
      : raise('invalidParameterValue', 'field name must not be null');
  return reuse(
    [members],
    (text) =>
      `CASE WHEN contains(${text}, ${NO_KEY}) THEN CAST(${missing} AS JSON) ELSE CAST(('${open}' || ${text} || '${close}') AS JSON) END`,
  );
}
