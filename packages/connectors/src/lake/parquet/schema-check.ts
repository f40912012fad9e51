import type { ColumnDefinition } from '@tributary/catalog';
import { engineType, QueryError } from '@tributary/sql';
import { LRUCache } from 'lru-cache';
import { closeSync, openSync, readSync } from 'node:fs';
import { TimeSlice } from '../cancellation.ts';
import type { OpenFile, StoreContext, StoredFile } from '../file-store.ts';
import { isReadableAs } from './compatibility.ts';
import { formatFileType, type FileColumn, type FileType } from './file-type.ts';
import { readFooter, readFooterNow } from './footer.ts';
import { readSchema } from './read-schema.ts';

/** Files with equal schemas share one. */
export interface FileSchema {
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, FileColumn>;
  /** Names that differ in case alone: the engine renames one of them. */
  readonly ambiguous: boolean;
}

/** What is kept of a file's footer. */
export interface Footer {
  readonly schema: FileSchema;
  readonly rows: number;
}

/**
 * Checks the columns of Parquet files against declared types, because the engine casts whatever it can: a column of texts
 * that look like numbers would pass for numbers. Footers are read once per version of a file.
 */
export class SchemaCheck {
  readonly #footers = new LRUCache<string, Footer>({ max: 50_000 });
  readonly #shared = new LRUCache<string, FileSchema>({ max: 1_000 });

  /**
   * The footer of each file. Throws incompatibleFile naming the file, the column and both types; dataChanged for a file that
   * went away.
   */
  async check(
    files: readonly StoredFile[],
    open: readonly OpenFile[],
    columns: readonly ColumnDefinition[],
    context: StoreContext,
  ): Promise<readonly Footer[]> {
    const footers = await this.#read(files, open, context);
    const checked = new Set<FileSchema>();
    for (const [index, { schema }] of footers.entries()) {
      if (checked.has(schema)) continue;
      checked.add(schema);
      const path = files[index]?.path ?? '';
      for (const column of columns) {
        const stored = schema.columns.get(column.name.toLowerCase());
        if (stored !== undefined && !isReadableAs(stored.type, column.type)) {
          throw incompatible(path, column, stored.type);
        }
      }
    }
    return footers;
  }

  /** The footers of files if all were read before. */
  known(files: readonly StoredFile[]): readonly Footer[] | undefined {
    const footers: Footer[] = [];
    for (const file of files) {
      const footer = this.#footers.get(keyOf(file));
      if (footer === undefined) return undefined;
      footers.push(footer);
    }
    return footers;
  }

  async #read(
    files: readonly StoredFile[],
    open: readonly OpenFile[],
    context: StoreContext,
  ): Promise<readonly Footer[]> {
    const footers = new Array<Footer>(files.length);
    const remote: Promise<void>[] = [];
    const slice = new TimeSlice(context.signal);
    for (const [index, file] of files.entries()) {
      const key = keyOf(file);
      const known = this.#footers.get(key);
      if (known !== undefined) {
        footers[index] = known;
        continue;
      }
      if (slice.due) await slice.next();
      const keep = (metadata: Buffer) => {
        const footer = this.#parse(file, metadata);
        this.#footers.set(key, footer);
        footers[index] = footer;
      };
      const readTail = open[index]?.readTail;
      const localPath = open[index]?.localPath;
      if (localPath !== undefined) keep(readLocalFooter(file, localPath));
      else if (readTail !== undefined) remote.push(readFooter(file, readTail).then(keep));
    }
    const settled = await Promise.allSettled(remote);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return footers;
  }

  #parse(file: StoredFile, metadata: Buffer): Footer {
    let read: ReturnType<typeof readSchema>;
    try {
      read = readSchema(metadata);
    } catch (cause) {
      throw new QueryError('incompatibleFile', `The footer of '${file.path}' is damaged.`, {
        cause,
      });
    }
    const { columns, rows } = read;
    const signature = JSON.stringify(columns);
    let schema = this.#shared.get(signature);
    if (schema === undefined) {
      const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
      schema = { columns: byName, ambiguous: byName.size < columns.length };
      this.#shared.set(signature, schema);
    }
    return { schema, rows };
  }
}

function keyOf({ path, version }: StoredFile): string {
  return `${path}\0${version}`;
}

function incompatible(path: string, column: ColumnDefinition, type: FileType): QueryError {
  return new QueryError(
    'incompatibleFile',
    `The column "${column.name}" of '${path}' has the type ${formatFileType(type)}, which cannot be read as the declared type ${column.hiveType ?? engineType(column.type)}.`,
    { hint: 'Declare the column with the type of the files, or one that is wider.' },
  );
}

function readLocalFooter(file: StoredFile, path: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new QueryError('dataChanged', `'${file.path}' went away before it was read.`, { cause });
  }
  try {
    return readFooterNow(file, (length) => {
      const buffer = Buffer.allocUnsafe(length);
      const bytes = readSync(descriptor, buffer, 0, length, file.size - length);
      return buffer.subarray(0, bytes);
    });
  } finally {
    closeSync(descriptor);
  }
}
