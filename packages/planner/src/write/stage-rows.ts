import { readdir, stat } from 'node:fs/promises';
import { DuckDBMapValue } from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import { escapeGlob } from '@tributary/connectors';
import type { SourceWrite } from '@tributary/connectors';
import { listValue } from '@tributary/engine';
import { quoteName } from '@tributary/sql';
import type { Plan } from '@tributary/sql';
import { runPlan } from '../execute/run-plan.ts';
import { runContext } from '../service/run-context.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import {
  INTERMEDIATE,
  fileSuffix,
  formatOptions,
  literal,
  namedRows,
  orderBy,
} from './copy-text.ts';
import type { FileLayout } from './file-layout.ts';

/** Rows of one partition, written aside. */
export interface StagedPartition {
  /** In the layout's order; as the engine writes them in folders' names, null for NULL. */
  readonly values: readonly (string | null)[];
  /** Never empty. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export interface StagedRows {
  readonly rows: bigint;
  readonly partitions: readonly StagedPartition[];
}

type File = StagedPartition['files'][number];

/** A file may be larger than wanted by this factor before it is cut. */
const TOLERANCE = 2;

/** Files in a folder and those below, in order of their names. */
async function filesIn(folder: string): Promise<File[]> {
  const names = await readdir(folder);
  return Promise.all(
    names
      .map((name) => `${folder}/${name}`)
      .sort()
      .map(async (path) => ({ path, bytes: (await stat(path)).size })),
  );
}

function numberOf(value: DuckDBValue | undefined): bigint {
  return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n;
}

/** Values of a partition as COPY reports them. */
function keysOf(value: DuckDBValue | undefined, names: readonly string[]): (string | null)[] {
  const entries = value instanceof DuckDBMapValue ? value.entries : [];
  return names.map((name) => {
    const entry = entries.find(({ key }) => key === name);
    return typeof entry?.value === 'string' ? entry.value : null;
  });
}

/** Writes a plan's rows as files that nobody sees yet. Nothing is held: the engine streams, and sorts on disk. */
class Staging {
  readonly #plan: Plan;
  readonly #layout: FileLayout;
  readonly #write: SourceWrite;
  readonly #scope: StatementScope;

  constructor(plan: Plan, layout: FileLayout, write: SourceWrite, scope: StatementScope) {
    this.#plan = plan;
    this.#layout = layout;
    this.#write = write;
    this.#scope = scope;
  }

  run(): Promise<StagedRows> {
    return this.#layout.partitionColumns.length === 0 ? this.#whole() : this.#partitioned();
  }

  /** One COPY, sorted where that is asked for; its files are the table's own unless one is too large. */
  async #whole(): Promise<StagedRows> {
    const { format, fileBytes, sortedBy } = this.#layout;
    const isOne = sortedBy.length > 0 || fileBytes === undefined;
    let target = '';
    const answer = await this.#copy(async (query) => {
      target = `${await this.#write.newFolder()}rows`;
      const size = isOne ? '' : `, FILE_SIZE_BYTES ${fileBytes}`;
      const rows = namedRows(query, this.#plan.columns, this.#layout, true);
      return `COPY (${rows}) TO ${literal(target)} (${formatOptions(format)}${size})`;
    });
    const rows = numberOf(answer[0]?.[0]);
    if (rows === 0n) return { rows, partitions: [] };
    const files = isOne
      ? [{ path: target, bytes: (await stat(target)).size }]
      : await filesIn(target);
    return { rows, partitions: [{ values: [], files: await this.#cut(files, rows) }] };
  }

  /** One COPY into a folder a partition; partitions whose files are not as they should be are written once more. */
  async #partitioned(): Promise<StagedRows> {
    const { format, partitionColumns, keepsPartitionColumns } = this.#layout;
    const final = format.kind === 'parquet' ? formatOptions(format) : INTERMEDIATE;
    const answer = await this.#copy(async (query) => {
      const target = literal(`${await this.#write.newFolder()}rows`);
      const options = [
        final,
        `PARTITION_BY (${partitionColumns.map(quoteName).join(', ')})`,
        `WRITE_PARTITION_COLUMNS ${keepsPartitionColumns}`,
        'RETURN_STATS',
      ];
      const rows = namedRows(query, this.#plan.columns, this.#layout, false);
      return `COPY (${rows}) TO ${target} (${options.join(', ')})`;
    });
    const found = new Map<string, { values: (string | null)[]; files: File[]; rows: bigint }>();
    let rows = 0n;
    for (const [path, count, bytes, , , keys] of answer) {
      const values = keysOf(keys, partitionColumns);
      const key = JSON.stringify(values);
      const partition = found.get(key) ?? { values, files: [], rows: 0n };
      found.set(key, partition);
      partition.files.push({ path: String(path), bytes: Number(numberOf(bytes)) });
      partition.rows += numberOf(count);
      rows += numberOf(count);
    }
    const partitions: StagedPartition[] = [];
    for (const { values, files, rows: own } of found.values()) {
      partitions.push({ values, files: await this.#shape(files, own) });
    }
    return { rows, partitions };
  }

  /** A partition's files as they are to be. */
  async #shape(files: readonly File[], rows: bigint): Promise<readonly File[]> {
    const { format, fileBytes, sortedBy } = this.#layout;
    if (sortedBy.length > 0 || fileBytes === undefined) {
      const one = format.kind === 'parquet' && sortedBy.length === 0 && files.length === 1;
      return this.#cut(one ? files : await this.#rewrite(files, true), rows);
    }
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const isFew = files.length <= 1 + bytes / fileBytes;
    const isSmall = files.every((file) => file.bytes <= fileBytes * TOLERANCE);
    return format.kind === 'parquet' && isFew && isSmall ? files : this.#rewrite(files, false);
  }

  /** Sorted files that are too large, cut in order: several threads writing several files would mix their row groups. */
  async #cut(files: readonly File[], rows: bigint): Promise<readonly File[]> {
    const { format, fileBytes, sortedBy } = this.#layout;
    const [only] = files;
    if (
      fileBytes === undefined ||
      sortedBy.length === 0 ||
      format.kind !== 'parquet' ||
      only === undefined ||
      only.bytes <= fileBytes * TOLERANCE
    ) {
      return files;
    }
    const count = Math.ceil(only.bytes / fileBytes);
    const step = (rows + BigInt(count) - 1n) / BigInt(count);
    const folder = await this.#write.newFolder();
    for (let place = 0; place < count; place++) {
      const from = BigInt(place) * step;
      await this.#run(
        `COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet($1, hive_partitioning = false, file_row_number = true)
          WHERE file_row_number >= ${from} AND file_row_number < ${from + step})
          TO ${literal(`${folder}${String(place).padStart(5, '0')}`)} (${formatOptions(format)})`,
        [only],
      );
    }
    return filesIn(folder.slice(0, -1));
  }

  /** The rows of some files in new ones: one, in order, or several of the wanted size. */
  async #rewrite(files: readonly File[], one: boolean): Promise<readonly File[]> {
    const { format, fileBytes } = this.#layout;
    const target = `${await this.#write.newFolder()}rows`;
    const size = one ? '' : `, FILE_SIZE_BYTES ${fileBytes}`;
    await this.#run(
      `COPY (SELECT * FROM read_parquet($1, hive_partitioning = false)${orderBy(this.#layout)}) TO ${literal(target)} (${formatOptions(format)}${size})`,
      files,
    );
    return one ? [{ path: target, bytes: (await stat(target)).size }] : filesIn(target);
  }

  async #run(text: string, files: readonly File[]): Promise<void> {
    const paths = files.map(({ path }) => escapeGlob(path));
    await this.#scope.services.engine.rows(text, [listValue(paths)], {
      signal: this.#scope.signal,
      allowCopy: true,
    });
  }

  async #copy(
    text: (query: string) => Promise<string>,
  ): Promise<readonly (readonly DuckDBValue[])[]> {
    const rows: (readonly DuckDBValue[])[] = [];
    for await (const chunk of runPlan(this.#plan, { ...runContext(this.#scope), copy: text })) {
      rows.push(...chunk.getRows());
    }
    return rows;
  }
}

/** @throws QueryError of the plan, diskFull, queryCanceled */
export function stageRows(
  plan: Plan,
  layout: FileLayout,
  write: SourceWrite,
  scope: StatementScope,
): Promise<StagedRows> {
  return new Staging(plan, layout, write, scope).run();
}

/** Names of a write's files in the order given. `write` tells writes apart. */
export function fileName(place: number, write: string, layout: FileLayout): string {
  return `part-${String(place).padStart(5, '0')}-${write}${fileSuffix(layout.format)}`;
}
