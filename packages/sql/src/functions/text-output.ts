import { refuse } from './template-parts.ts';
import type { TemplateArgument, TemplateContext } from './function-entry.ts';

/**
 * DuckDB text of an argument in PostgreSQL's text output form (what concat and array_to_string join). Throws
 * featureNotSupported for types whose output form the engine cannot produce.
 */
export function textOutput(
  argument: Pick<TemplateArgument, 'text' | 'type'>,
  context: TemplateContext,
): string {
  const { text, type } = argument;
  if (type.kind !== 'scalar') refuse(`A ${type.kind} has no text form here.`, 'Cast it to text.');
  switch (type.name) {
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'char':
    case 'unknown':
      return text;
    case 'bool':
      return `CASE ${text} WHEN true THEN 't' WHEN false THEN 'f' END`;
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'uuid':
    case 'time':
    case 'json':
      return `CAST(${text} AS VARCHAR)`;
    case 'date':
    case 'timestamp':
      return `replace(CAST(${text} AS VARCHAR), ' (BC)', ' BC')`;
    case 'timestamptz':
      return timestamptzOutput(text, context.timeZone);
    case 'bytea':
      return `('\\x' || lower(hex(${text})))`;
    case 'numeric':
      if (type.digits?.dynamic !== true) return `CAST(${text} AS VARCHAR)`;
      return refuse('A numeric without a known scale has no text form here.', 'Cast it to text.');
    default:
      return refuse(`A ${type.name} has no text form here.`, 'Cast it to text.');
  }
}

/** PostgreSQL's output of a timestamptz in a session zone: UTC's offset is always `+00`, others need the zone's rules. */
function timestamptzOutput(text: string, timeZone: string): string {
  if (/^'(?:UTC|GMT|Etc\/UTC)'$/i.test(timeZone)) {
    return `(CAST(timezone('UTC', ${text}) AS VARCHAR) || '+00')`;
  }
  return refuse('A timestamptz has no text form here in this TimeZone.', 'Use to_char.');
}
