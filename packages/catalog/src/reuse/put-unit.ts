import { basename, dirname } from 'node:path';
import { QueryError } from '@tributary/sql';
import { MAX_KEY_CHARACTERS } from './base-rows.ts';
import type { KeptFile } from './file-registry.ts';
import type { IndexChange } from './index-change.ts';
import { placesOf, windowsOf } from './index-rows.ts';
import type { LiveCell } from './index-rows.ts';
import { leaseOf } from './lease-files.ts';
import type { CellContent, NewUnit, StoredCell, StoredUnit } from './reuse-store.ts';
import type { StoreContext } from './store-context.ts';
import { fileError, sameFile } from './store-files.ts';
import type { FileIdentity } from './store-files.ts';
import { invalidationsBefore } from './store-folder.ts';

const window = ({ kind, from, to }: Pick<CellContent, 'kind' | 'from' | 'to'>): string =>
  `${kind} ${from} ${to}`;

function checkCells(cells: readonly CellContent[]): void {
  const wholes = cells.every(
    ({ from, to, rows, verifiedAt }) =>
      (from === null) === (to === null) &&
      [from ?? 0, to ?? 1, rows, verifiedAt].every(Number.isSafeInteger) &&
      (from ?? 0) < (to ?? 1) &&
      rows >= 0,
  );
  const windows = new Set(cells.map(window));
  if (!wholes || windows.size < cells.length || cells.length === 0)
    throw new QueryError('internalError', 'the cells of a unit for the reuse store are not sound');
}

interface Prepared {
  readonly identity: FileIdentity;
  readonly sha256: string;
}

/** Makes the file durable and knows its contents. Undefined when it is too large to be kept. */
async function prepare(context: StoreContext, unit: NewUnit): Promise<Prepared | undefined> {
  const { files, limits } = context;
  checkCells(unit.cells);
  const identity = files.identify(unit.path);
  const most = Math.min(limits.maxBytes, limits.maxFileBytes);
  const keyCharacters = unit.base.text.length + unit.shapeText.length;
  if (
    identity.bytes > most ||
    unit.cells.length > limits.maxCells ||
    keyCharacters > MAX_KEY_CHARACTERS
  )
    return undefined;
  const [sha256] = await Promise.all([
    files.hash(unit.path, identity.bytes),
    files.sync(unit.path),
  ]);
  if (!sameFile(files.identify(unit.path), identity))
    throw new QueryError(
      'internalError',
      'a unit for the reuse store was put while it was written',
    );
  return { identity, sha256 };
}

/** Whether every cell that a compaction copied is live, and the files they stand in; undefined when one is gone. */
async function sources(
  change: IndexChange,
  ids: readonly number[],
): Promise<readonly number[] | undefined> {
  const places = await placesOf(change.tx, change.owner, 'id', ids);
  return places.length === new Set(ids).size && places.every((place) => !place.quarantined)
    ? places.map((place) => place.file)
    : undefined;
}

/** Writes the rows of a unit whose file is durable. Undefined when it is not to be kept. */
async function record(
  context: StoreContext,
  change: IndexChange,
  unit: NewUnit,
  begun: number,
  { identity, sha256 }: Prepared,
): Promise<{ readonly file: KeptFile; readonly cells: readonly StoredCell[] } | undefined> {
  const { index, limits } = context;
  if (begun !== index.invalidations) return undefined;
  const files = unit.copiedFrom && (await sources(change, unit.copiedFrom));
  if (unit.copiedFrom !== undefined && files === undefined) return undefined;
  const victims = index.files.victims(
    index.files.bytes + identity.bytes - limits.maxBytes,
    index.files.cells + unit.cells.length - limits.maxCells,
  );
  if (victims === undefined) return undefined;
  const { tx, owner } = change;
  await change.remove(
    await placesOf(
      tx,
      owner,
      'file',
      victims.map((file) => file.id),
    ),
  );
  const shape = await change.shape(unit.base, unit.shapeText, {
    id: () => index.nextId(),
    use: () => index.files.nextUse(),
  });
  const windows = new Set(unit.cells.map(window));
  const span = {
    from: least(unit.cells.map((cell) => cell.from ?? 0)),
    to: -least(unit.cells.map((cell) => -(cell.to ?? 0))),
  };
  const overlapping = await windowsOf(tx, owner, shape, span);
  await change.remove(overlapping.filter((place) => windows.has(window(place))));
  const now = index.now();
  const used = (files ?? []).map((id) => index.files.get(id)?.used ?? 0);
  const file: KeptFile = {
    id: index.nextId(),
    shape,
    name: basename(unit.path),
    sha256,
    identity,
    createdAt: now,
    cells: unit.cells.length,
    pins: 1,
    met: true,
    condemned: false,
    used: index.files.nextUse(),
    usedAt: now,
  };
  if (used.length > 0) file.used = -least(used.map((one) => -one));
  const share = Math.round(unit.inputBytes / unit.cells.length);
  const cells = unit.cells.map((cell): LiveCell => ({
    id: index.nextId(),
    shape,
    file: file.id,
    kind: cell.kind,
    from: cell.from,
    to: cell.to,
    version: cell.version,
    detail: cell.detail,
    rows: cell.rows,
    // A moment that is still to come was read from another clock.
    verifiedAt: cell.verifiedAt > now ? 0 : cell.verifiedAt,
    inputBytes: share,
  }));
  await change.add(file, cells);
  return { file, cells };
}

/** The least of many numbers, more than a call may have arguments. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => Math.min(one, other), Infinity);
}

/** `ReuseStore.put`. The file stays where it is: its writer may be reading it. */
export async function putUnit(
  context: StoreContext,
  unit: NewUnit,
): Promise<StoredUnit | undefined> {
  const { folder, index } = context;
  const begun = invalidationsBefore(basename(unit.path));
  if (begun === undefined || dirname(unit.path) !== folder)
    throw new QueryError('internalError', 'a unit for the reuse store is not in a file of its own');
  if (index.files.hasName(basename(unit.path)))
    throw new QueryError('internalError', 'a unit was put into the reuse store twice');
  try {
    const prepared = await prepare(context, unit);
    if (prepared === undefined) return undefined;
    return await index.exclusive(async () => {
      const kept = await index
        .change((change) => record(context, change, unit, begun, prepared))
        .catch((error: unknown) => {
          context.log('warn', 'a unit was not kept, the index of the reuse store failed', {
            error,
          });
          return undefined;
        });
      if (kept === undefined) return undefined;
      await context.sweep();
      return { cells: kept.cells, lease: leaseOf(context, [kept.file]) };
    });
  } catch (error) {
    throw fileError(error, 'keeping a unit');
  }
}
