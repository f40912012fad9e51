import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { SourceWrite, StagedFile } from '@tributary/connectors';
import { QueryError, TEXT, coerce, isQueryError } from '@tributary/sql';
import type { Expression, Plan, Statement } from '@tributary/sql';
import { idsBeyond } from '../reuse/resolve-fragments.ts';
import type { StatementScope } from '../service/statement-scope.ts';
import type { Notice, StatementResult } from '../session/sql-session.ts';
import { DEFAULT_FILE_BYTES } from './file-layout.ts';
import type { FileLayout } from './file-layout.ts';
import { hiveFolders, refuseEmptyValue } from './partition-places.ts';
import { fileName, stageRows } from './stage-rows.ts';
import type { StagedRows } from './stage-rows.ts';
import { writableSource, writableSources } from './write-access.ts';
import type { WritableSource } from './write-access.ts';

type Unload = Extract<Statement, { kind: 'unload' }>;

/** The source whose root a location lies below, among those that the user may write to. */
async function destination(
  location: string,
  scope: StatementScope,
): Promise<{ readonly source: WritableSource; readonly location: string }> {
  const isRelative = !location.startsWith('/') && !/^[a-z][a-z0-9+.-]*:/i.test(location);
  const sources = writableSources(scope);
  const [only] = sources;
  if (only === undefined) {
    const [first] = [...scope.services.connectors.keys()];
    if (first === undefined) throw new QueryError('featureNotSupported', 'no source holds files');
    // Says why not.
    return { source: writableSource(first, scope), location };
  }
  if (isRelative && sources.length > 1) {
    throw new QueryError(
      'invalidParameterValue',
      `the location '${location}' may lie in several sources`,
      {
        hint: 'Write it with its root.',
      },
    );
  }
  for (const source of sources) {
    try {
      return { source, location: await source.connector.resolveLocation(location) };
    } catch (error) {
      if (!isQueryError(error) || error.code !== 'invalidParameterValue') throw error;
    }
  }
  throw new QueryError(
    'invalidParameterValue',
    `the location '${location}' is not below the root of a source that you may write to`,
    { hint: 'Give a location below the root, without empty, "." or ".." segments.' },
  );
}

/** Throws undefinedColumn, duplicateColumn, syntaxError for columns that files cannot have. */
function checkColumns({ columns }: Plan, { partitionColumns }: Unload): void {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name.toLowerCase())) {
      throw new QueryError('duplicateColumn', `column "${name}" specified more than once`);
    }
    names.add(name.toLowerCase());
  }
  for (const name of partitionColumns) {
    if (!columns.some((column) => column.name === name)) {
      throw new QueryError('undefinedColumn', `the query has no column "${name}" to partition by`);
    }
  }
  if (new Set(partitionColumns).size < partitionColumns.length) {
    throw new QueryError('duplicateColumn', 'a column to partition by was named more than once');
  }
  if (partitionColumns.length === columns.length) {
    throw new QueryError('syntaxError', 'UNLOAD needs a column beside those it is partitioned by');
  }
}

/** Text files hold every value in PostgreSQL's text form. */
function asTexts(plan: Plan, scope: StatementScope): Plan {
  const ids = idsBeyond(plan);
  const expressions = plan.columns.map(({ id, type }): Expression =>
    coerce({ kind: 'column', id, type }, TEXT, 'explicit', scope),
  );
  const columns = plan.columns.map(({ name }) => ({ id: ids.next(), name, type: TEXT }));
  return { kind: 'project', input: plan, expressions, columns };
}

function layoutOf(statement: Unload): FileLayout {
  return {
    format: statement.format,
    partitionColumns: statement.partitionColumns,
    keepsPartitionColumns: statement.keepsPartitionColumns,
    sortedBy: [],
    fileBytes: statement.oneFile ? undefined : (statement.maxFileSize ?? DEFAULT_FILE_BYTES),
    lengths: new Map(),
  };
}

interface UnloadedFile extends StagedFile {
  readonly bytes: number;
}

function placed(staged: StagedRows, location: string, layout: FileLayout): readonly UnloadedFile[] {
  const write = randomUUID();
  const files: UnloadedFile[] = [];
  for (const { values, files: own } of staged.partitions) {
    refuseEmptyValue(values, layout.partitionColumns);
    const folders = hiveFolders(layout.partitionColumns, values);
    for (const { path, bytes } of own) {
      files.push({
        path,
        bytes,
        location: location + folders,
        name: fileName(files.length, write, layout),
      });
    }
  }
  return files;
}

/** Redshift's list of what was unloaded. */
async function manifest(
  files: readonly UnloadedFile[],
  location: string,
  write: SourceWrite,
): Promise<StagedFile> {
  const path = `${await write.newFolder()}manifest`;
  const entries = files.map((file) => ({
    url: file.location + file.name,
    meta: { content_length: file.bytes },
  }));
  await writeFile(path, JSON.stringify({ entries }, undefined, 2));
  return { path, location, name: 'manifest' };
}

/**
 * UNLOAD: a query's rows become files below a location that was empty, all at once.
 *
 * @throws QueryError insufficientPrivilege, invalidParameterValue for a location outside the sources' roots,
 * objectNotInPrerequisiteState where something is already
 */
export async function unloadRows(
  statement: Unload,
  query: Plan,
  scope: StatementScope,
): Promise<StatementResult> {
  const { source, location } = await destination(statement.location, scope);
  checkColumns(query, statement);
  if (!(await source.writer.isEmpty(location, scope.signal))) {
    throw new QueryError('objectNotInPrerequisiteState', `'${location}' is not empty`, {
      hint: 'Unload to a location where nothing is.',
    });
  }
  const layout = layoutOf(statement);
  const plan = statement.format.kind === 'csv' ? asTexts(query, scope) : query;
  const write = await source.writer.begin(scope.signal);
  try {
    const staged = await stageRows(plan, layout, write, scope);
    const files = placed(staged, location, layout);
    const all = statement.manifest ? [...files, await manifest(files, location, write)] : files;
    for (const each of new Set(all.map((file) => file.location))) {
      await source.connector.resolveLocation(each);
    }
    await write.publish(all, { location, mustBeEmpty: true });
    const notices: Notice[] = statement.ignored.map((clause) => ({
      severity: 'NOTICE',
      sqlstate: '00000',
      message: `${clause} has no effect: the source's own access is used`,
    }));
    notices.push({
      severity: 'INFO',
      sqlstate: '00000',
      message: `UNLOAD completed, ${staged.rows} record(s) unloaded successfully`,
    });
    return { kind: 'command', tag: 'UNLOAD', notices };
  } finally {
    await write.discard();
  }
}
