import { PUBLIC } from '@tributary/catalog';
import type { CatalogSnapshot, RelationDefinition, SchemaName } from '@tributary/catalog';
import { schemaAddresses } from '@tributary/planner';
import { keptName } from './mirror-relation.ts';

const EVERYBODY: ReadonlySet<string> = new Set([PUBLIC]);

function listed(names: ReadonlySet<string>): readonly string[] {
  return [...names].map(keptName).sort();
}

/** A schema as a session of a database names it, with the schemas whose relations it shows. */
export interface ShownSchema {
  readonly addresses: readonly SchemaName[];
  /** As MirroredSchema has them. */
  readonly grantees: readonly string[];
  /** Of a relation that one of the addresses holds. */
  granteesOf(address: SchemaName, relation: RelationDefinition): readonly string[];
}

/** What is granted on a schema and its relations, by one name for all that it shows. */
export function shownSchema(
  snapshot: CatalogSnapshot,
  database: string,
  schema: string,
): ShownSchema {
  const { grants } = snapshot;
  const addresses = schemaAddresses(snapshot, database, schema);
  // An external schema has no grants: those of the schema that it shows are its own.
  const own = addresses.filter(
    (each) => snapshot.externalSchema?.(each.database, each.schema) === undefined,
  );
  const used = own.map(({ database: its, schema: name }) =>
    grants.of({ database: its, schema: name }),
  );
  const union = new Set(used.flatMap((names) => [...(names ?? EVERYBODY)]));
  return {
    addresses: own,
    grantees: listed(own.length === 0 ? EVERYBODY : union),
    granteesOf({ database: its, schema: name }, relation) {
      const reading = grants.of({ database: its, schema: name, name: relation.name }) ?? EVERYBODY;
      const using = grants.of({ database: its, schema: name }) ?? EVERYBODY;
      // Of several schemas under one name, one is closed to some whom the name is open to: its relations say so instead.
      const narrower = own.length > 1 && [...union].some((each) => !using.has(each));
      if (!narrower || using.has(PUBLIC)) return listed(reading);
      if (reading.has(PUBLIC)) return listed(using);
      return listed(new Set([...reading].filter((each) => using.has(each))));
    },
  };
}
