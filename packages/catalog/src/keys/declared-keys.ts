import type { KeyDefinition, TableDefinition } from '../definitions.ts';

export const PRIMARY_KEY = 'tributary.primary_key';
export const FOREIGN_KEYS = 'tributary.foreign_keys';

/** What a property about keys says that cannot be shown. */
export interface KeyProblem {
  readonly property: string;
  /** Continues "property x ...". */
  readonly why: string;
}

export interface DeclaredKeys {
  readonly keys: readonly KeyDefinition[];
  readonly problems: readonly KeyProblem[];
}

const NAME = '(?:"[^"]+"|[A-Za-z_][\\w$]*)';
const NAMES = `${NAME}(?:\\s*,\\s*${NAME})*`;
const LIST = new RegExp(`^\\s*\\(?\\s*(${NAMES})\\s*\\)?\\s*$`);
const REFERENCE = new RegExp(
  `\\s*(?:\\(\\s*(${NAMES})\\s*\\)|(${NAME}))\\s+references\\s+(?:(${NAME})\\s*\\.\\s*)?(${NAME})\\s*\\(\\s*(${NAMES})\\s*\\)\\s*(?:[,;]|$)`,
  'iy',
);

/** A name as statements read it: folded to lower case unless it is quoted. */
function nameOf(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text.toLowerCase();
}

function namesOf(list: string): readonly string[] {
  return (list.match(new RegExp(NAME, 'g')) ?? []).map(nameOf);
}

function foreignKeys(text: string, schema: string): readonly KeyDefinition[] | undefined {
  const keys: KeyDefinition[] = [];
  REFERENCE.lastIndex = 0;
  while (REFERENCE.lastIndex < text.length) {
    const match = REFERENCE.exec(text);
    if (match === null) return undefined;
    const [, several, one, target, name = '', targets = ''] = match;
    const columns = namesOf(several ?? one ?? '');
    const references = {
      schema: target === undefined ? schema : nameOf(target),
      name: nameOf(name),
      columns: namesOf(targets),
    };
    if (references.columns.length !== columns.length) return undefined;
    keys.push({ kind: 'foreign', columns, references });
  }
  return keys;
}

/**
 * The keys that a lake table's properties declare: `tributary.primary_key` = 'a, b' and `tributary.foreign_keys` =
 * '(a, b) references schema.table (x, y), c references table (z)'. They tell clients how tables belong together; nothing enforces
 * them and no plan relies on them. What does not read or names no column is left out and told.
 */
export function declaredKeys(
  table: Pick<TableDefinition, 'schema' | 'columns' | 'partitionColumns' | 'properties'>,
): DeclaredKeys {
  const { properties, schema } = table;
  const known = new Set([...table.columns, ...table.partitionColumns].map(({ name }) => name));
  const problems: KeyProblem[] = [];
  const found: KeyDefinition[] = [];
  const add = (property: string, keys: readonly KeyDefinition[] | undefined): void => {
    if (keys === undefined) problems.push({ property, why: 'is no declaration of keys' });
    for (const key of keys ?? []) {
      const missing = key.columns.find((name) => !known.has(name));
      if (missing === undefined) found.push(key);
      else problems.push({ property, why: `names a column that does not exist: "${missing}"` });
    }
  };
  const primary = properties[PRIMARY_KEY];
  if (primary !== undefined) {
    const list = LIST.exec(primary)?.[1];
    add(
      PRIMARY_KEY,
      list === undefined ? undefined : [{ kind: 'primary', columns: namesOf(list) }],
    );
  }
  const foreign = properties[FOREIGN_KEYS];
  if (foreign !== undefined) add(FOREIGN_KEYS, foreignKeys(foreign, schema));
  return { keys: found, problems };
}
