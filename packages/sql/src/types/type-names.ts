import { formatType, TYPES, typeFromName, typeInfo } from './type-info.ts';

/** The names of all types by oid, as a regtype is shown. */
export const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  [...TYPES].map(([oid, type]) => [oid, formatType(type)]),
);

const OIDS: ReadonlyMap<string, number> = new Map(
  [...TYPE_NAMES].map(([oid, name]) => [name, oid]),
);

/** regtypein: the oid of a type by its name (modifiers do not count) or its number. Throws undefinedObject (42704). */
export function typeOid(text: string): string {
  if (/^\d{1,10}$/.test(text)) return text;
  const name = text
    .trim()
    .toLowerCase()
    .replace(/^pg_catalog\./, '')
    .replace(/\s*\([\d, ]*\)/, '')
    .replace(/\s+/g, ' ');
  const item = name.replace(/(?:\s?\[\])+$/, '');
  const oid = OIDS.get(item) ?? typeInfo(typeFromName([item], [], 0)).oid;
  if (item === name) return String(oid);
  const type = TYPES.get(oid);
  return String(type === undefined ? oid : typeInfo(type).arrayOid);
}
