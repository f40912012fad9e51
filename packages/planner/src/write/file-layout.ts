import type { TableDefinition } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import type { SqlType, UnloadFormat } from '@tributary/sql';

/** How rows become files. */
export interface FileLayout {
  readonly format: UnloadFormat;
  /** Columns whose values name folders. */
  readonly partitionColumns: readonly string[];
  /** Partition columns stand in the files as well. */
  readonly keepsPartitionColumns: boolean;
  /** Rows of a file ascend by these. */
  readonly sortedBy: readonly string[];
  /** Bytes of a file, about; undefined: all rows of a partition in one. */
  readonly fileBytes: number | undefined;
  /** Declared lengths of text columns, by name. */
  readonly lengths: ReadonlyMap<string, { readonly type: SqlType; readonly length: number }>;
}

/** Properties of a table that say how its files are written. */
export const SORTED_BY = 'tributary.sorted_by';
export const FILE_SIZE = 'tributary.target_file_size';
const COMPRESSION_KEYS = ['write.compression', 'parquet.compression', 'parquet.compress'];

export const DEFAULT_FILE_BYTES = 128 * 1024 * 1024;
const LEAST_FILE_BYTES = 64 * 1024;
const LARGEST_FILE_BYTES = 16 * 1024 ** 3;
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** Throws invalidTableProperty. */
function fileBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?i?b)?\s*$/i.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toUpperCase()] ?? Number.NaN);
  if (!(bytes >= LEAST_FILE_BYTES && bytes <= LARGEST_FILE_BYTES)) {
    throw new QueryError(
      'invalidTableProperty',
      `${FILE_SIZE} '${text}' is no size from 64KiB to 16GiB`,
      { hint: "Write '128MB', for instance." },
    );
  }
  return Math.floor(bytes);
}

/** Throws invalidTableProperty for a compression that Parquet files are not written with. */
export function parquetCompression(name: string): UnloadFormat['compression'] {
  switch (name.trim().toLowerCase()) {
    case 'zstd':
    case 'snappy':
    case 'gzip':
    case 'none':
      return name.trim().toLowerCase() as UnloadFormat['compression'];
    case 'uncompressed':
      return 'none';
    default:
      throw new QueryError(
        'invalidTableProperty',
        `Parquet compression '${name}' is not supported`,
        {
          hint: 'Compressions: zstd, snappy, gzip, none.',
        },
      );
  }
}

/** Throws invalidTableProperty for a column that the files do not have. */
function sortColumns(text: string, table: Pick<TableDefinition, 'columns'>): readonly string[] {
  const names = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  for (const name of names) {
    if (!table.columns.some((column) => column.name === name)) {
      throw new QueryError(
        'invalidTableProperty',
        `${SORTED_BY} names "${name}", which is no column of the files`,
        {
          hint: "Write column names with commas between: 'user_id, at'. Partition columns do not count.",
        },
      );
    }
  }
  return names;
}

function lengthsOf(
  table: Pick<TableDefinition, 'columns' | 'partitionColumns'>,
): FileLayout['lengths'] {
  return new Map(
    [...table.columns, ...table.partitionColumns].flatMap(({ name, type }) =>
      type.kind === 'scalar' &&
      (type.name === 'varchar' || type.name === 'bpchar') &&
      type.typmod >= 4
        ? [[name, { type, length: type.typmod - 4 }]]
        : [],
    ),
  );
}

export function parquetFormat(compression: UnloadFormat['compression']): UnloadFormat {
  return {
    kind: 'parquet',
    compression,
    delimiter: ',',
    header: false,
    nullText: '',
    quotes: 'needed',
  };
}

/**
 * How rows of a table are written, by its properties.
 *
 * @throws QueryError featureNotSupported for tables of other files than Parquet, invalidTableProperty.
 */
export function tableLayout(
  table: Pick<TableDefinition, 'name' | 'columns' | 'partitionColumns' | 'storage' | 'properties'>,
): FileLayout {
  const { properties, storage } = table;
  if (storage.format !== 'parquet') {
    throw new QueryError(
      'featureNotSupported',
      `table "${table.name}" holds ${storage.format.toUpperCase()} files: only tables of Parquet files can be written`,
      { hint: 'UNLOAD writes CSV and JSON.' },
    );
  }
  const compression = COMPRESSION_KEYS.flatMap((key) => properties[key] ?? []).at(0);
  const size = properties[FILE_SIZE];
  return {
    format: parquetFormat(compression === undefined ? 'zstd' : parquetCompression(compression)),
    partitionColumns: table.partitionColumns.map(({ name }) => name),
    keepsPartitionColumns: false,
    sortedBy: sortColumns(properties[SORTED_BY] ?? '', table),
    fileBytes: size === undefined ? DEFAULT_FILE_BYTES : fileBytes(size),
    lengths: lengthsOf(table),
  };
}
