import type { Kysely } from 'kysely';
import type { CatalogStore, GrantChange } from '../catalog-store.ts';
import { PUBLIC, targetKey } from '../grants.ts';
import type { GrantTarget, StoredGrant } from '../grants.ts';
import { writeBatches } from './catalog-writer.ts';
import type { Write } from './catalog-writer.ts';
import { requireTarget } from './stored-relations.ts';
import type { CatalogTables } from './tables.ts';

type Row = CatalogTables['tributary_grant'];

/** All grants but those that everything begins with. */
export async function readGrants(db: Kysely<CatalogTables>): Promise<readonly StoredGrant[]> {
  const rows = await db.selectFrom('tributary_grant').selectAll().execute();
  return rows.map((row) => ({
    database: row.database_name,
    schema: row.schema_name,
    ...(row.name === '' ? {} : { name: row.name }),
    grantees: JSON.parse(row.grantees) as readonly string[],
  }));
}

function rowOf({ database, schema, name = '' }: GrantTarget, grantees: readonly string[]): Row {
  return {
    database_name: database,
    schema_name: schema,
    name,
    grantees: JSON.stringify(grantees),
  };
}

/** Undefined where nothing changes. */
function changed(
  before: readonly string[],
  { grantees, revoke }: GrantChange,
): readonly string[] | undefined {
  const after = revoke
    ? before.filter((each) => !grantees.includes(each))
    : [...new Set([...before, ...grantees])].sort();
  return after.length === before.length ? undefined : after;
}

function isInitial(grantees: readonly string[]): boolean {
  return grantees.length === 1 && grantees[0] === PUBLIC;
}

/** Deletes what was granted on a schema's relations of these names; '' is the schema itself. */
export async function deleteGrants(
  tx: Kysely<CatalogTables>,
  database: string,
  schema: string,
  names: readonly string[],
): Promise<void> {
  for await (const batch of writeBatches(names)) {
    await tx
      .deleteFrom('tributary_grant')
      .where('database_name', '=', database)
      .where('schema_name', '=', schema)
      .where('name', 'in', batch)
      .execute();
  }
}

export function grantChanges(write: Write): Pick<CatalogStore, 'changeGrants'> {
  return {
    changeGrants: (change, actor) =>
      write(actor, async ({ tx, record }) => {
        const [first] = change.targets;
        if (first === undefined) return;
        const present = new Map(
          (await readGrants(tx)).map(({ grantees, ...target }) => [targetKey(target), grantees]),
        );
        const rows: Row[] = [];
        for (const { stored, ...target } of change.targets) {
          if (stored) await requireTarget(tx, target);
          const after = changed(present.get(targetKey(target)) ?? [PUBLIC], change);
          if (after === undefined) continue;
          rows.push(rowOf(target, after));
        }
        if (rows.length === 0) return;
        for (const [database, schemas] of grouped(rows, (row) => row.database_name)) {
          for (const [schema, its] of grouped(schemas, (row) => row.schema_name)) {
            const names = its.map(({ name }) => name);
            await deleteGrants(tx, database, schema, names);
          }
        }
        const kept = rows.filter(({ grantees }) => !isInitial(JSON.parse(grantees) as string[]));
        for await (const batch of writeBatches(kept)) {
          await tx.insertInto('tributary_grant').values(batch).execute();
        }
        await record({
          kind: 'grantsChanged',
          database: first.database,
          detail: {
            revoke: change.revoke,
            grantees: change.grantees,
            targets: rows.map(({ database_name: database, schema_name: schema, name }) =>
              [database, schema, ...(name === '' ? [] : [name])].join('.'),
            ),
          },
        });
      }),
  };
}

function grouped<T>(all: readonly T[], by: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(by(each));
    if (group === undefined) groups.set(by(each), [each]);
    else group.push(each);
  }
  return groups;
}
