import { TEXT } from '../types/sql-type.ts';
import { castEntry } from './casts.ts';
import type { TemplateArgument, TemplateContext } from './function-entry.ts';
import { refuse } from './template-parts.ts';
import { applyTemplate } from '../print/template-text.ts';

/**
 * DuckDB text of an argument in PostgreSQL's text output form (what concat, format and array_to_string join): as a cast to
 * text, except that booleans are `t` and `f`. Throws featureNotSupported for types without one.
 */
export function textOutput(
  argument: Pick<TemplateArgument, 'text' | 'type'>,
  context: TemplateContext,
): string {
  const { text, type } = argument;
  if (type.kind === 'scalar' && type.name === 'bool') {
    return `CASE ${text} WHEN true THEN 't' WHEN false THEN 'f' END`;
  }
  const template = castEntry(type, TEXT)?.templates.duckdb;
  if (template === undefined) return refuse('A value of this type has no text form in the engine.');
  return applyTemplate(template, [argument], { ...context, result: TEXT });
}
