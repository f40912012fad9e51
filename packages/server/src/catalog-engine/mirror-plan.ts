import type {
  CatalogSnapshot,
  KeyDefinition,
  RelationDefinition,
  SchemaName,
} from '@tributary/catalog';
import { PUBLIC, declaredKeys } from '@tributary/catalog';
import {
  SYSTEM_SCHEMA,
  SYSTEM_TABLES,
  mayMissSomething,
  mayRead,
  mayUseSchema,
  schemaAddresses,
  visibleSchemas,
} from '@tributary/planner';
import type { AccessScope } from '@tributary/planner';
import type { ShownRelation } from './mirror-relation.ts';
import {
  columnsOf,
  foreignKeys,
  keptName,
  mirroredRelation,
  uniqueKeys,
} from './mirror-relation.ts';
import type {
  HiddenObjects,
  MirrorChanges,
  MirroredKey,
  MirroredName,
  MirroredRelation,
  MirroredSchema,
} from './mirrored.ts';
import { shownSchema } from './shown-grants.ts';
import type { ShownSchema } from './shown-grants.ts';
import { StableOids } from './stable-oids.ts';

/** Two with the same OID and fingerprint are the same. */
interface PlannedRelation {
  readonly fingerprint: string;
  /** None where the server itself makes it, for everybody. */
  readonly definition: RelationDefinition | undefined;
  readonly shape: () => MirroredRelation;
}

interface PlannedSchema extends MirroredSchema {
  /** The schemas whose relations it shows; none where it is the server's own. */
  readonly addresses: readonly SchemaName[];
}

/** What a mirror shows of the catalog, by OID. */
export interface MirrorContents {
  readonly databases: ReadonlyMap<number, MirroredName>;
  readonly schemas: ReadonlyMap<number, PlannedSchema>;
  readonly relations: ReadonlyMap<number, PlannedRelation>;
  /** What cannot be shown, and why. */
  readonly hidden: readonly string[];
}

export const NO_CONTENTS: MirrorContents = {
  databases: new Map(),
  schemas: new Map(),
  relations: new Map(),
  hidden: [],
};

/** What a relation of a source is by its statements: that a view of it is a view shows, and nothing depends on it here. */
function shownKind(relation: RelationDefinition): ShownRelation['kind'] {
  if (relation.kind !== 'sourceTable') return relation.kind;
  return relation.form === 'view' ? 'view' : 'table';
}

function keysOf(relation: RelationDefinition): readonly KeyDefinition[] {
  switch (relation.kind) {
    case 'sourceTable':
      return relation.keys;
    case 'table':
      return declaredKeys(relation).keys;
    case 'view':
      return [];
  }
}

interface Shown extends ShownRelation {
  readonly version: number | string;
  readonly definition?: RelationDefinition;
}

/** The relations of a database by the names they bear there, with their numbers. */
class Contents {
  readonly #oids = new StableOids();
  readonly #names = new Map<number, Set<string>>();
  readonly databases = new Map<number, MirroredName>();
  readonly schemas = new Map<number, PlannedSchema>();
  readonly #named: Shown[] = [];
  readonly hidden: string[] = [];
  readonly oids = this.#oids;

  database(name: string): void {
    const oid = this.#oids.of(`database ${name}`);
    this.databases.set(oid, { oid, name: keptName(name) });
  }

  schema(name: string, shown: Pick<ShownSchema, 'addresses' | 'grantees'>): number {
    const oid = this.#oids.of(`schema ${name}`);
    const { addresses, grantees } = shown;
    this.schemas.set(oid, { oid, name: keptName(name), addresses, grantees });
    this.#names.set(oid, new Set());
    return oid;
  }

  /** Where two addresses of a schema have the name, the first is the one a statement means. */
  relation(facts: Omit<Shown, 'oid' | 'rowType' | 'arrayType'>): void {
    const taken = this.#names.get(facts.schema);
    const name = keptName(facts.name);
    if (taken === undefined || taken.has(name)) {
      const other = this.#named.find((each) => each.schema === facts.schema && each.name === name);
      if (other?.definition === undefined || other.definition.name !== facts.name) {
        this.hidden.push(`relation "${name}" already exists: ${facts.name}`);
      }
      return;
    }
    taken.add(name);
    const id = `${facts.schema} ${facts.id}`;
    const oid = this.#oids.of(`relation ${id}`);
    const rowType = this.#oids.of(`type ${id}`);
    const arrayType = { oid: this.#oids.of(`array ${id}`), name };
    this.#named.push({ ...facts, id, name, oid, rowType, arrayType });
  }

  /** All relations, once. Types of arrays of their rows come last: their names are those that are left. */
  relations(): readonly Shown[] {
    return this.#named.map((relation) => {
      const taken = this.#names.get(relation.schema);
      let name = `_${relation.name}`;
      while (taken?.has(keptName(name)) === true) name = `_${name}`;
      taken?.add(keptName(name));
      return { ...relation, arrayType: { ...relation.arrayType, name: keptName(name) } };
    });
  }
}

function collect(snapshot: CatalogSnapshot, database: string): Contents {
  const contents = new Contents();
  for (const other of snapshot.databases()) {
    if (other !== database) contents.database(other);
  }
  for (const schema of visibleSchemas({ snapshot, database })) {
    const shown = shownSchema(snapshot, database, schema);
    const oid = contents.schema(schema, shown);
    for (const address of schemaAddresses(snapshot, database, schema)) {
      for (const relation of snapshot.relations(address.database, address.schema)) {
        const { id, version, name, comment } = relation;
        contents.relation({
          id,
          version,
          schema: oid,
          name,
          kind: shownKind(relation),
          definition: relation,
          grantees: shown.granteesOf(address, relation),
          columns: columnsOf(relation),
          keys: keysOf(relation),
          ...(comment === undefined ? {} : { comment }),
          ...(relation.kind === 'view' ? { query: relation.text } : {}),
          ...(relation.kind === 'sourceTable' && relation.estimate !== undefined
            ? { estimate: relation.estimate }
            : {}),
        });
      }
    }
  }
  const system = contents.schema(SYSTEM_SCHEMA, { addresses: [], grantees: [PUBLIC] });
  for (const { name, columns, comment, requiredParameters = 0 } of SYSTEM_TABLES) {
    if (requiredParameters > 0) continue;
    const facts = {
      version: 'system',
      schema: system,
      kind: 'view',
      keys: [],
      grantees: [PUBLIC],
    } as const;
    contents.relation({ ...facts, id: name, name, columns, comment });
  }
  return contents;
}

/** What a session in `database` sees of the catalog: its schemas and relations by the names they bear there. */
export function mirrorContents(snapshot: CatalogSnapshot, database: string): MirrorContents {
  const contents = collect(snapshot, database);
  const { databases, schemas, hidden, oids } = contents;
  const shown = contents.relations();
  const unique = new Map<number, readonly MirroredKey[]>();
  const byDefinition = new Map<RelationDefinition, Shown>();
  for (const relation of shown) {
    if (relation.keys.length > 0) unique.set(relation.oid, uniqueKeys(relation, oids));
    if (relation.definition !== undefined) byDefinition.set(relation.definition, relation);
  }
  const uniqueOf = ({ oid }: ShownRelation): readonly MirroredKey[] => unique.get(oid) ?? [];
  const foreign = new Map<number, readonly MirroredKey[]>();
  const linked = new Set<number>();
  for (const relation of shown) {
    const keys = foreignKeys(
      relation,
      oids,
      ({ schema, name }) => {
        // A source names its own tables; a declaration may name others, as statements here do.
        for (const from of [relation.definition?.database ?? database, database]) {
          for (const address of schemaAddresses(snapshot, from, schema)) {
            const found = snapshot.relation(address.database, address.schema, name);
            if (found !== undefined) return byDefinition.get(found);
          }
        }
        return undefined;
      },
      uniqueOf,
    );
    if (keys.length === 0) continue;
    foreign.set(relation.oid, keys);
    linked.add(relation.oid);
    for (const { target } of keys) if (target !== undefined) linked.add(target.relation);
  }
  const relations = new Map<number, PlannedRelation>();
  for (const relation of shown) {
    const { oid, kind, version, estimate, grantees, definition } = relation;
    const others = foreign.get(oid) ?? [];
    relations.set(oid, {
      // Names and columns follow from the version; what other relations and the source's statistics say does not.
      fingerprint: `${relation.schema} ${relation.name} ${kind} ${version} ${estimate?.rows ?? ''} ${estimate?.bytes ?? ''} ${linked.has(oid)} ${JSON.stringify(grantees)} ${others.map(({ index, target }) => `${target?.relation} ${index}`).join()}`,
      definition,
      shape: () =>
        mirroredRelation(relation, oids, [...uniqueOf(relation), ...others], linked.has(oid)),
    });
  }
  return { databases, schemas, relations, hidden };
}

/** What of a mirror's contents a reader may not see; undefined: it sees all. */
export function hiddenFrom(
  contents: MirrorContents,
  scope: AccessScope,
): HiddenObjects | undefined {
  if (!mayMissSomething(scope)) return undefined;
  const schemas = [...contents.schemas.values()].filter(
    ({ addresses }) =>
      addresses.length > 0 && !addresses.some((address) => mayUseSchema(scope, address)),
  );
  const relations: number[] = [];
  for (const [oid, { definition }] of contents.relations) {
    if (definition !== undefined && !mayRead(scope, definition)) relations.push(oid);
  }
  if (schemas.length + relations.length === 0) return undefined;
  const key = [...scope.reader.names].sort().join('\0');
  return { key, schemas: schemas.map(({ oid }) => oid), relations };
}

/** At most so many relations in one message to a mirror: what making and sending them takes holds up the process. */
const RELATIONS_AT_ONCE = 250;

function gone<T>(from: ReadonlyMap<number, T>, stays: (oid: number, was: T) => boolean): number[] {
  return [...from].filter(([oid, was]) => !stays(oid, was)).map(([oid]) => oid);
}

/** What turns one mirror's contents into another's, part by part. Nothing where nothing changed. */
export function* mirrorChanges(from: MirrorContents, to: MirrorContents): Generator<MirrorChanges> {
  const sameName =
    (others: ReadonlyMap<number, MirroredName>) =>
    (oid: number, { name }: MirroredName): boolean =>
      others.get(oid)?.name === name;
  const sameSchema =
    (others: ReadonlyMap<number, MirroredSchema>) =>
    (oid: number, { name, grantees }: MirroredSchema): boolean =>
      others.get(oid)?.name === name &&
      others.get(oid)?.grantees.join('\0') === grantees.join('\0');
  const sameRelation =
    (others: ReadonlyMap<number, PlannedRelation>) =>
    (oid: number, { fingerprint }: PlannedRelation): boolean =>
      others.get(oid)?.fingerprint === fingerprint;
  const dropped = {
    databases: gone(from.databases, sameName(to.databases)),
    schemas: gone(from.schemas, sameSchema(to.schemas)),
    relations: gone(from.relations, sameRelation(to.relations)),
  };
  const come = <T>(all: ReadonlyMap<number, T>, oids: readonly number[]): T[] =>
    oids.flatMap((oid) => all.get(oid) ?? []);
  const databases = come(to.databases, gone(to.databases, sameName(from.databases)));
  const schemas = come(to.schemas, gone(to.schemas, sameSchema(from.schemas))).map(
    ({ oid, name, grantees }): MirroredSchema => ({ oid, name, grantees }),
  );
  // In order of their OIDs: indexes grow at their end.
  const relations = gone(to.relations, sameRelation(from.relations)).sort((a, b) => a - b);
  if ([...Object.values(dropped), databases, schemas].some(({ length }) => length > 0)) {
    yield { dropped, databases, schemas, relations: [] };
  }
  for (let start = 0; start < relations.length; start += RELATIONS_AT_ONCE) {
    const part = come(to.relations, relations.slice(start, start + RELATIONS_AT_ONCE));
    yield {
      dropped: { databases: [], schemas: [], relations: [] },
      databases: [],
      schemas: [],
      relations: part.map(({ shape }) => shape()),
    };
  }
}
