import { quoteName } from '@tributary/sql';
import type { PlanColumn, UnloadFormat } from '@tributary/sql';
import type { FileLayout } from './file-layout.ts';

/** Text of files that are read again before they are published. */
export const INTERMEDIATE = 'FORMAT parquet, COMPRESSION lz4';

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** How the engine's COPY is told of a format. */
export function formatOptions(format: UnloadFormat): string {
  const { compression } = format;
  switch (format.kind) {
    case 'parquet':
      return `FORMAT parquet, COMPRESSION ${compression === 'none' ? 'uncompressed' : compression}`;
    case 'json':
      return `FORMAT json, COMPRESSION ${compression}`;
    case 'csv': {
      const quotes =
        format.quotes === 'never'
          ? ["QUOTE ''", "ESCAPE ''"]
          : format.quotes === 'all'
            ? ['FORCE_QUOTE *']
            : [];
      return [
        'FORMAT csv',
        `COMPRESSION ${compression}`,
        `DELIMITER ${literal(format.delimiter)}`,
        `HEADER ${format.header}`,
        `NULLSTR ${literal(format.nullText)}`,
        ...quotes,
      ].join(', ');
    }
  }
}

/** The ending of a file's name. */
export function fileSuffix({ kind, compression }: UnloadFormat): string {
  const packed = kind === 'parquet' || compression === 'none' ? '' : compression;
  return `.${kind}${packed === 'gzip' ? '.gz' : packed === 'zstd' ? '.zst' : ''}`;
}

/** PostgreSQL's rule of an assignment: spaces beyond the length are cut, anything else is an error. */
function withinLength(value: string, name: string, lengths: FileLayout['lengths']): string {
  const limit = lengths.get(name);
  if (limit === undefined) return value;
  const { type, length } = limit;
  const label =
    type.kind === 'scalar' && type.name === 'bpchar' ? 'character' : 'character varying';
  const error = `error('TRIBUTARY:22001:value too long for type ${label}(${length})')`;
  return `CASE WHEN length(rtrim(${value}, ' ')) > ${length} THEN ${error} ELSE left(${value}, ${length}) END`;
}

/** Values that cannot be told apart from what surrounds them, in files that quote nothing. */
function withinLine(value: string, format: UnloadFormat): string {
  if (format.kind !== 'csv' || format.quotes !== 'never') return value;
  const bad = ['\n', '\r', format.delimiter].map(
    (each) => `contains(${value}, chr(${each.codePointAt(0)}))`,
  );
  const error = `error('TRIBUTARY:22023:a value holds the delimiter or the end of a line, and files of this format quote nothing')`;
  return `CASE WHEN ${bad.join(' OR ')} THEN ${error} ELSE ${value} END`;
}

/** The printed query with columns named as the user calls them, checked, in the files' order. */
export function namedRows(
  query: string,
  columns: readonly PlanColumn[],
  layout: FileLayout,
  sorted: boolean,
): string {
  const outputs = columns.map(({ id, name }) => {
    const value = withinLength(`c${id}`, name, layout.lengths);
    const checked = layout.partitionColumns.includes(name)
      ? value
      : withinLine(value, layout.format);
    return `${checked} AS ${quoteName(name)}`;
  });
  return `SELECT ${outputs.join(', ')} FROM (${query})${sorted ? orderBy(layout) : ''}`;
}

export function orderBy({ sortedBy }: FileLayout): string {
  return sortedBy.length === 0 ? '' : ` ORDER BY ${sortedBy.map(quoteName).join(', ')}`;
}
