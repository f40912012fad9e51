import {
  isProjected,
  type ColumnDefinition,
  type Partition,
  type PartitionSet,
  type RegisteredPartition,
  type TableDefinition,
  type TimesStore,
} from '@tributary/catalog';
import type { Engine } from '@tributary/engine';
import { isEmptyDomain, QueryError, type Constraint } from '@tributary/sql';
import type {
  Connector,
  ListedPartition,
  ScanContent,
  ScanContext,
  ScanListing,
  ScanRelation,
  ScanRequest,
  ScanStatistics,
} from '../connector.ts';
import { noScanStatistics } from '../scan-statistics.ts';
import type { FileStore, OpenFiles, StoreContext, StoredFile } from './file-store.ts';
import { FileTimes } from './file-times.ts';
import { fitting } from './fitting-partitions.ts';
import { findHivePartitions } from './hive-partitions.ts';
import { leaveOutTimes, timeRange, type FoundFiles } from './leave-out-times.ts';
import { fromRoot, outsideRoot, RESERVED_FOLDER } from './location.ts';
import { LocalStore } from './local-store.ts';
import { parquetGroups } from './parquet/parquet-reader.ts';
import { SchemaCheck, type FileSchema } from './parquet/schema-check.ts';
import { relationText, type FileGroup, type PartitionColumnSource } from './relation-text.ts';
import { S3Store } from './s3/s3-store.ts';
import { selectPartitions } from './select-partitions.ts';
import { LakeWriter } from './write/lake-writer.ts';
import { PublishGate } from './write/publish-gate.ts';
import { compressionOf, csvColumn, csvReader, jsonColumn, jsonReader } from './text-readers.ts';

export interface LakeS3Config {
  readonly endpoint?: string;
  readonly region?: string;
  /** Without keys, the default credential chain. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly pathStyle?: boolean;
}

export interface LakeConfig {
  /** The source's configured name. */
  readonly source: string;
  /** A local folder or `s3://bucket/prefix/`. */
  readonly root: string;
  readonly s3?: LakeS3Config;
  /** Where whole objects are kept. Processes may share a directory. */
  readonly cache: {
    readonly directory: string;
    readonly maxBytes: number;
    /** Objects up to this many bytes are fetched whole; larger ones by range where the engine can. */
    readonly wholeObjectLimit: number;
    /** Without range reads, objects up to this many bytes are fetched whole nevertheless. Default 1 GiB. */
    readonly downloadLimit?: number;
  };
  readonly limits?: {
    /** Listing requests at once. */
    readonly listConcurrency?: number;
    /** Object requests at once. */
    readonly fetchConcurrency?: number;
    /** Most partitions that one scan reads. */
    readonly maxPartitions?: number;
  };
  /** False: objects are fetched for each scan and kept no longer. */
  readonly objectCache?: boolean;
  /** Milliseconds since 1970; default the system's clock. */
  readonly now?: () => number;
}

export interface LakeServices {
  readonly engine: Engine;
  /** The partitions of a projected table that a constraint leaves. */
  partitions(table: TableDefinition, constraint: Constraint, context: ScanContext): PartitionSet;
  registeredPartitions(
    table: TableDefinition,
    constraint: Constraint,
  ): AsyncIterable<RegisteredPartition>;
  /** Where what was read of files' times is remembered; absent: by this process only. */
  readonly times?: TimesStore;
}

/** Where only rows count, nobody looks at the files' columns. */
const NO_COLUMNS: FileSchema = { columns: new Map(), ambiguous: false };

const DEFAULT_MAX_PARTITIONS = 1_000_000;

/**
 * Parquet, CSV and JSON lines on local disk or S3.
 *
 * @throws QueryError invalidConfiguration
 */
export function createLakeConnector(config: LakeConfig, services: LakeServices): Connector {
  return new LakeConnector(config, services, createStore(config, services.engine));
}

function createStore(config: LakeConfig, engine: Engine): FileStore {
  if (/^s3[an]?:/.test(config.root)) return new S3Store(config, engine);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(config.root)) return new LocalStore(config);
  throw new QueryError(
    'invalidConfiguration',
    `The root '${config.root}' of the source "${config.source}" must be an absolute folder or an s3:// URL.`,
  );
}

class LakeConnector implements Connector {
  readonly kind = 'lake';
  readonly source: string;
  readonly #services: LakeServices;
  readonly #store: FileStore;
  readonly #root: string;
  readonly #maxPartitions: number;
  readonly #schemas = new SchemaCheck();
  readonly #times: FileTimes;
  readonly #gate = new PublishGate();
  readonly writer: LakeWriter;

  constructor(config: LakeConfig, services: LakeServices, store: FileStore) {
    this.source = config.source;
    this.#services = services;
    this.#store = store;
    this.#root = config.root;
    this.#maxPartitions = config.limits?.maxPartitions ?? DEFAULT_MAX_PARTITIONS;
    this.#times = new FileTimes(config.source, store, services.times, config.now);
    this.writer = new LakeWriter(store.publishing, this.#gate);
  }

  async scan(request: ScanRequest, context: ScanContext): Promise<ScanRelation> {
    const found = await this.#find(request, context, true);
    return this.#relation(request, found, context);
  }

  async list(request: ScanRequest, context: ScanContext): Promise<ScanListing> {
    const found = await this.#find(request, context);
    const byPartition: number[][] = found.partitions.map(() => []);
    for (const [index, { location }] of found.files.entries()) byPartition[location]?.push(index);
    const filesOf = (partition: number): readonly StoredFile[] =>
      (byPartition[partition] ?? []).flatMap((index) => found.files[index] ?? []);
    return {
      statistics: found.statistics,
      partitions: found.partitions.map((partition, index) =>
        listedPartition(partition, filesOf(index)),
      ),
      open: (columns, chosen, openContext) => {
        const statistics = {
          ...noScanStatistics(this.#store.path),
          partitionsKept: BigInt(chosen.length),
        };
        const files = chosen.flatMap((partition, place) =>
          filesOf(partition).map((file) => ({ ...file, location: place })),
        );
        countFiles(statistics, files);
        const partitions = chosen.flatMap((index) => found.partitions[index] ?? []);
        return this.#relation(columns, { partitions, files, statistics }, openContext);
      },
    };
  }

  /** The partitions that a request leaves, and their files: of a write all or none. */
  async #find(request: ScanRequest, context: ScanContext, confirms = false): Promise<FoundFiles> {
    const started = performance.now();
    const range = timeRange(request);
    // Of files that are left out nobody asks afterwards whether they still are what is remembered.
    const trusting = confirms && range === undefined;
    const listed = await this.#gate.list(request.table.location, () =>
      this.#list(request, context, trusting),
    );
    const { signal } = context;
    const { statistics } = listed;
    const found =
      range === undefined
        ? listed
        : await leaveOutTimes(listed, range, this.#times, { signal, statistics });
    countFiles(statistics, found.files);
    statistics.listingMs = performance.now() - started;
    return found;
  }

  async #list(request: ScanRequest, context: ScanContext, confirms: boolean): Promise<FoundFiles> {
    const { table } = request;
    const statistics = noScanStatistics(this.#store.path);
    const partitions = await selectPartitions(
      this.#candidates(table, request.constraint, context, statistics),
      {
        keepPartitions: table.partitionColumns.length === 0 ? undefined : request.keepPartitions,
        maxPartitions: this.#maxPartitions,
        signal: context.signal,
        statistics,
        table: `${table.schema}.${table.name}`,
      },
    );
    const files = await this.#store.list(
      partitions.map(({ location }) => location),
      { signal: context.signal, statistics, confirms },
    );
    return { partitions, files, statistics };
  }

  async #relation(
    request: Pick<ScanRequest, 'table' | 'columns'>,
    { partitions, files, statistics }: FoundFiles,
    context: ScanContext,
  ): Promise<ScanRelation> {
    const store: StoreContext = { signal: context.signal, statistics };
    const open = await this.#store.open(files, store);
    try {
      const columns = resolveColumns(request);
      const groups = await this.#groups(
        request.table,
        columns.files,
        partitions,
        files,
        open,
        store,
      );
      const relation = relationText(groups, columns.files, columns.partitions);
      return {
        ...relation,
        statistics,
        confirm: () => open.confirm?.() ?? Promise.resolve(),
        verify: () => open.verify(),
        content: () => contentOf(files),
        release: () => open.release(),
      };
    } catch (error) {
      await open.release();
      throw error;
    }
  }

  partitions(
    table: TableDefinition,
    constraint: Constraint,
    context: ScanContext,
  ): AsyncIterable<Partition> | Iterable<Partition> {
    return this.#candidates(table, constraint, context, noScanStatistics(this.#store.path));
  }

  async resolveLocation(location: string): Promise<string> {
    const resolved = await this.#store.resolveLocation(fromRoot(this.#root, location));
    if (resolved.includes(`/${RESERVED_FOLDER}/`)) {
      throw outsideRoot(location, this.#root, this.source);
    }
    return resolved;
  }

  discoverPartitions(table: TableDefinition, context: ScanContext): AsyncIterable<Partition> {
    return findHivePartitions(this.#store, table, {
      signal: context.signal,
      statistics: noScanStatistics(this.#store.path),
    });
  }

  close(): Promise<void> {
    this.writer.close();
    return this.#store.close();
  }

  #candidates(
    table: TableDefinition,
    constraint: Constraint,
    context: ScanContext,
    statistics: ScanStatistics,
  ): Iterable<Partition> | AsyncIterable<Partition> {
    if (table.partitionColumns.length === 0) {
      statistics.partitionsConsidered = 1n;
      const empty = [...constraint.values()].some(isEmptyDomain);
      return empty ? [] : [{ values: [], location: table.location }];
    }
    if (!isProjected(table)) {
      const registered = this.#services.registeredPartitions(table, constraint);
      return fitting(table, constraint, registered, statistics);
    }
    const partitions = this.#services.partitions(table, constraint, context);
    statistics.partitionsConsidered = partitions.considered;
    return partitions;
  }

  async #groups(
    table: TableDefinition,
    columns: readonly RequestedColumn[],
    partitions: readonly Partition[],
    files: readonly StoredFile[],
    open: OpenFiles,
    context: StoreContext,
  ): Promise<readonly FileGroup[]> {
    if (files.length === 0) return [];
    const definitions = columns.map(({ definition }) => definition);
    const group = (reader: FileGroup['reader'], chosen: readonly number[]): FileGroup => ({
      reader,
      paths: chosen.map((index) => open.files[index]?.enginePath ?? ''),
      names: chosen.map((index) => files[index]?.path ?? ''),
      values: chosen.map((index) => partitions[files[index]?.location ?? -1]?.values ?? []),
    });
    if (table.storage.format === 'parquet') {
      // Where only rows count, nobody looks at the files' columns.
      const counts = definitions.length === 0;
      const footers = counts
        ? this.#schemas.known(files)
        : await this.#schemas.check(files, open.files, definitions, context);
      context.statistics.rows = footers?.reduce((sum, { rows }) => sum + rows, 0);
      const schemas = counts
        ? files.map(() => NO_COLUMNS)
        : (footers ?? []).map(({ schema }) => schema);
      return parquetGroups(definitions, schemas).map((each) => group(each, each.files));
    }
    context.statistics.rows = undefined;
    const call =
      table.storage.format === 'csv'
        ? csvReader.bind(null, table)
        : jsonReader.bind(null, definitions);
    const texts = definitions.map((definition) =>
      table.storage.format === 'csv'
        ? (names: string) => csvColumn(table, definition, names)
        : (names: string) => jsonColumn(definition, names),
    );
    const byCompression = new Map<string, number[]>();
    for (const [index, { path }] of files.entries()) {
      const compression = compressionOf(path);
      const chosen = byCompression.get(compression);
      if (chosen === undefined) byCompression.set(compression, [index]);
      else chosen.push(index);
    }
    return [...byCompression].map(([compression, chosen]) =>
      group({ call: call(compression), columns: texts }, chosen),
    );
  }
}

function countFiles(statistics: ScanStatistics, files: readonly StoredFile[]): void {
  statistics.files = files.length;
  for (const { size } of files) statistics.fileBytes += size;
}

/** A partition with the fingerprint of its files: their paths and versions, in the order of the paths. */
function listedPartition(partition: Partition, files: readonly StoredFile[]): ListedPartition {
  let bytes = 0;
  let version = '';
  let modifiedAt: number | undefined;
  for (const file of files) {
    bytes += file.size;
    version += `${file.path.slice(partition.location.length)}:${file.version}\n`;
    if (file.modifiedAt !== undefined) modifiedAt = Math.max(modifiedAt ?? 0, file.modifiedAt);
  }
  return { partition, files: files.length, bytes, version, modifiedAt };
}

/** All files with their versions. */
function contentOf(files: readonly StoredFile[]): ScanContent {
  let version = '';
  let modifiedAt: number | undefined;
  for (const file of files) {
    version += `${file.path.length}:${file.path} ${file.version.length}:${file.version}\n`;
    if (file.modifiedAt !== undefined) modifiedAt = Math.max(modifiedAt ?? 0, file.modifiedAt);
  }
  return { version, modifiedAt };
}

interface RequestedColumn {
  readonly id: number;
  readonly definition: ColumnDefinition;
}

/** Throws internalError for a column that the table does not have. */
function resolveColumns(request: Pick<ScanRequest, 'table' | 'columns'>): {
  readonly files: readonly RequestedColumn[];
  readonly partitions: readonly PartitionColumnSource[];
} {
  const { table } = request;
  const files: RequestedColumn[] = [];
  const partitions: PartitionColumnSource[] = [];
  for (const { name, id } of request.columns) {
    const index = table.partitionColumns.findIndex((column) => column.name === name);
    const partition = table.partitionColumns[index];
    const definition = table.columns.find((column) => column.name === name);
    if (partition !== undefined) partitions.push({ id, index, definition: partition });
    else if (definition !== undefined) files.push({ id, definition });
    else throw new QueryError('internalError', `A scan asks for the unknown column "${name}".`);
  }
  return { files, partitions };
}
