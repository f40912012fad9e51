import type { SqlType, StructType } from '../types/sql-type.ts';
import { argument } from './division.ts';
import type { Template } from './function-entry.ts';
import { freshName, reuse, textLiteral } from './template-parts.ts';
import { textOutput } from './text-output.ts';

/** An array's text form, by array_out: `{1,NULL,"a b"}`. */
export function arrayText(element: SqlType): Template {
  return (args, context) => {
    const { text } = argument(args, 0);
    const name = freshName([text]);
    const shown = textOutput({ text: name, type: element }, context);
    const quoted =
      element.kind === 'array'
        ? shown
        : reuse(
            [shown],
            (value) =>
              `CASE WHEN ${value} = '' OR lower(${value}) = 'null' OR regexp_matches(${value}, '[{},"\\\\\\s]') THEN '"' || replace(replace(${value}, '\\', '\\\\'), '"', '\\"') || '"' ELSE ${value} END`,
          );
    const item = `CASE WHEN ${name} IS NULL THEN 'NULL' ELSE ${quoted} END`;
    return `('{' || array_to_string(list_transform(${text}, lambda ${name}: ${item}), ',') || '}')`;
  };
}

/** A row's text form, by record_out: `(1,,"a b")`. */
export function rowText(fields: StructType['fields']): Template {
  return (args, context) =>
    reuse([argument(args, 0).text], (row) => {
      const items = fields.map(({ name, type }) => {
        const value = `struct_extract(${row}, ${textLiteral(name)})`;
        const quoted = reuse(
          [textOutput({ text: value, type }, context)],
          (text) =>
            `CASE WHEN ${text} = '' OR regexp_matches(${text}, '[(),"\\\\\\s]') THEN '"' || replace(replace(${text}, '\\', '\\\\'), '"', '""') || '"' ELSE ${text} END`,
        );
        return `coalesce(${quoted}, '')`;
      });
      return `CASE WHEN ${row} IS NOT NULL THEN '(' || ${items.join(" || ',' || ")} || ')' END`;
    });
}
