import type { SqlType } from '../types/sql-type.ts';
import type { Template, TemplateArgument, TemplateContext } from './function-entry.ts';
import { freshName, raise, reuse, textLiteral } from './template-parts.ts';
import { textOutput } from './text-output.ts';

const nullJson = (text: string): string => `coalesce(${text}, CAST('null' AS JSON))`;

/** A value as json, spelled as PostgreSQL's to_json spells it. NULL stays NULL. */
export function jsonValue(text: string, type: SqlType, context: TemplateContext): string {
  switch (type.kind) {
    case 'array': {
      const name = freshName([text]);
      return `to_json(list_transform(${text}, lambda ${name}: ${jsonValue(name, type.element, context)}))`;
    }
    case 'struct':
      return structValue(text, type.fields, context);
    case 'map':
      return `to_json(${text})`;
    case 'scalar':
      break;
  }
  switch (type.name) {
    case 'json':
    case 'jsonb':
      return `CAST(${text} AS JSON)`;
    case 'bool':
    case 'int2':
    case 'int4':
    case 'int8':
      return `to_json(${text})`;
    case 'numeric':
      return `CAST(${textOutput({ text, type }, context)} AS JSON)`;
    case 'float4':
    case 'float8':
      return reuse(
        [text],
        (x) =>
          `CASE WHEN isfinite(${x}) THEN CAST(${textOutput({ text: x, type }, context)} AS JSON) ELSE to_json(${textOutput({ text: x, type }, context)}) END`,
      );
    case 'timestamp':
      return `to_json(replace(${textOutput({ text, type }, context)}, ' ', 'T'))`;
    case 'timestamptz':
      return `to_json(regexp_replace(replace(${textOutput({ text, type }, context)}, ' ', 'T'), '([+-]\\d\\d)$', '\\1:00'))`;
    default:
      return `to_json(${textOutput({ text, type }, context)})`;
  }
}

/** Members by the fields' names, spelled as values are everywhere. */
function structValue(
  text: string,
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  context: TemplateContext,
): string {
  return reuse([text], (row) => {
    const members = fields.map(({ name, type }) => {
      const value = jsonValue(`${row}."${name.replaceAll('"', '""')}"`, type, context);
      return `${textLiteral(name)}, ${nullJson(value)}`;
    });
    return `CASE WHEN ${row} IS NOT NULL THEN json_object(${members.join(', ')}) END`;
  });
}

/** A member's name: the value's text, `true` and `false` in full, moments as in values. NULL stays NULL. */
export function jsonKey({ text, type }: TemplateArgument, context: TemplateContext): string {
  const name = type.kind === 'scalar' ? type.name : '';
  if (name === 'bool') return `CAST(${text} AS VARCHAR)`;
  if (name === 'timestamp' || name === 'timestamptz') {
    return `json_extract_string(${jsonValue(text, type, context)}, '$')`;
  }
  return textOutput({ text, type }, context);
}

/** What stands between a member's name and its value in texts that are built. */
export const MEMBER_SEPARATORS = { json: ' : ', jsonb: ': ' } as const;

/** Between items and members. */
export const ITEM_SEPARATOR = ', ';

/** A value as text within json: built values are joined as texts, for the engine would spell them anew. */
export function itemText({ text, type }: TemplateArgument, context: TemplateContext): string {
  return `coalesce(CAST(${jsonValue(text, type, context)} AS VARCHAR), 'null')`;
}

const joined = (open: string, texts: readonly string[], close: string): string =>
  `CAST(('${open}' || ${texts.join(` || '${ITEM_SEPARATOR}' || `)} || '${close}') AS JSON)`;

/** json_build_object and jsonb_build_object. */
export const buildObject =
  (type: 'json' | 'jsonb'): Template =>
  (args, context) => {
    if (args.length % 2 === 1) {
      return `CAST(${raise('invalidParameterValue', 'argument list must have even number of elements')} AS JSON)`;
    }
    const nullKey = type === 'json' ? 'nullValueNotAllowed' : 'invalidParameterValue';
    const missing = `CAST(${raise(nullKey, 'null value not allowed for object key')} AS VARCHAR)`;
    const parts = args.map((argument, index) => {
      if (index % 2 === 1) return itemText(argument, context);
      return `CAST(to_json(coalesce(${jsonKey(argument, context)}, ${missing})) AS VARCHAR) || '${MEMBER_SEPARATORS[type]}'`;
    });
    const members = parts.flatMap((part, index) =>
      index % 2 === 1 ? [`${parts[index - 1] ?? ''} || ${part}`] : [],
    );
    return joined('{', members, '}');
  };

/** json_build_array and jsonb_build_array. */
export const buildArray: Template = (args, context) =>
  joined(
    '[',
    args.map((argument) => itemText(argument, context)),
    ']',
  );
