import { QueryError } from '../errors.ts';
import type { FunctionEntry, Template } from '../functions/function-entry.ts';
import type { ScanPlan } from '../plan/plan.ts';
import type { SqlType } from '../types/sql-type.ts';
import { formatType } from '../types/type-info.ts';
import type { Dialect, PrintedTableFunction } from './dialect.ts';
import { quoteText } from './duckdb-literal.ts';
import { quoteName } from './engine-type.ts';
import { entryLabel } from './template-text.ts';

/** PostgreSQL's dialect over tables whose qualified, quoted names the caller supplies. */
export function postgresDialect(table: (scan: ScanPlan) => string): Dialect {
  return {
    name: 'postgres',
    semiJoin: false,
    nativeRowSelection: true,
    typeName,
    literal: (value, type) => {
      if (value === null) return `CAST(NULL AS ${typeName(type)})`;
      const isBool = type.kind === 'scalar' && type.name === 'bool';
      if (isBool) return value.startsWith('t') ? 'TRUE' : 'FALSE';
      return `CAST(${quoteText(value)} AS ${typeName(type)})`;
    },
    parameter: (index, type) => `CAST($${index} AS ${typeName(type)})`,
    template: postgresTemplate,
    castTemplate: () => 'CAST({0} AS {type})',
    comparable: (text) => text,
    sortValue: (text, type) => (isCollated(type) ? `${text} COLLATE "C"` : text),
    row: (fields) => `ROW(${fields.join(', ')})`,
    array: (elements, type) => `CAST(ARRAY[${elements.join(', ')}] AS ${typeName(type)})`,
    subscript: (value, index) => `(${value.text})[${index.text}]`,
    slice: (value, lower, upper) => `(${value.text})[${lower?.text ?? ''}:${upper?.text ?? ''}]`,
    field: (text, name) => `(${text}).${quoteName(name)}`,
    extreme: (kind, values) => `${kind.toUpperCase()}(${values})`,
    quantified: ({ left, entry, quantifier, array }) => {
      postgresTemplate(entry);
      return `${left.text} ${entry.name} ${quantifier.toUpperCase()} (${array.text})`;
    },
    grouping: (keys) => `GROUPING(${keys.join(', ')})`,
    tableFunction,
    scan(scan) {
      if (scan.kind === 'scan') {
        return { text: table(scan), column: (_, source) => quoteName(source) };
      }
      throw new QueryError('internalError', 'A query to a source stands inside another one.');
    },
  };
}

function postgresTemplate(entry: FunctionEntry): Template {
  if (entry.templates.postgres !== undefined) return entry.templates.postgres;
  throw new QueryError('featureNotSupported', `PostgreSQL has no equal of ${entryLabel(entry)}.`);
}

/** The type's name in a cast. `character` alone would be character(1). */
function typeName(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      if (type.name === 'bpchar' && type.typmod < 0) return 'bpchar';
      return type.name === 'unknown' ? 'text' : formatType(type);
    case 'array':
      return `${typeName(type.element).replace(/(\[\])+$/, '')}[]`;
    case 'struct':
    case 'map':
      throw new QueryError('featureNotSupported', 'Hive structs and maps have no PostgreSQL type.');
  }
}

/** The engine sorts text by its bytes. */
function isCollated(type: SqlType): boolean {
  return type.kind === 'scalar' && ['text', 'varchar', 'bpchar'].includes(type.name);
}

function tableFunction(
  functions: readonly PrintedTableFunction[],
  relation: string,
  ordinality: string | undefined,
): string {
  const names = functions.flatMap((each) => each.columns.map((column) => column.name));
  const all = ordinality === undefined ? names : [...names, ordinality];
  const calls = `ROWS FROM (${functions.map((each) => each.text).join(', ')})`;
  const tail = ordinality === undefined ? '' : ' WITH ORDINALITY';
  return `${calls}${tail} AS ${relation}(${all.join(', ')})`;
}
