import type { TableDefinition } from '../definitions.ts';
import { invalidProperty } from './column-projection.ts';

/** The folder of a partition from its columns' rendered values, in partition column order. Ends in `/`. */
export type LocationTemplate = (rendered: readonly string[]) => string;

/** What Hive escapes in a partition's folder name. */
const HIVE_ESCAPED = /["#%'*/:=?\\{[\]^]|\p{Cc}/gu;

/** A column name or value as it stands in a Hive-style folder name: `a/b` is `a%2Fb`. */
export function escapeHivePath(text: string): string {
  return text.replace(
    HIVE_ESCAPED,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** `<table location>/<c1>=<v1>/<c2>=<v2>/`, values escaped as Hive does. */
export function hiveLayout(table: TableDefinition): LocationTemplate {
  const names = table.partitionColumns.map((column) => `${escapeHivePath(column.name)}=`);
  return (rendered) => {
    let location = table.location;
    names.forEach((name, index) => {
      location += `${name}${escapeHivePath(rendered[index] ?? '')}/`;
    });
    return location;
  };
}

/** `storage.location.template`: values are inserted raw. Throws invalidTableProperty. */
export function parseLocationTemplate(
  table: TableDefinition,
  name: string,
  template: string,
): LocationTemplate {
  const fail = (message: string): Error =>
    invalidProperty(name, `storage.location.template ${message}`);
  if (!template.endsWith('/')) throw fail(`'${template}' must end in '/'`);
  // Odd parts are column names.
  const parts = template.split(/\$\{([^}]*)\}/);
  const pieces: (string | number)[] = [];
  for (const [place, part] of parts.entries()) {
    if (place % 2 === 0) {
      pieces.push(part);
      continue;
    }
    const index = table.partitionColumns.findIndex(
      (column) => column.name.toLowerCase() === part.toLowerCase(),
    );
    if (index < 0) throw fail(`has \${${part}}, which is no partition column`);
    if (parts[place + 1]?.startsWith('/') !== true) {
      throw fail(`must have '/' after each placeholder, as after \${${part}}`);
    }
    pieces.push(index);
  }
  table.partitionColumns.forEach((column, index) => {
    if (!pieces.includes(index)) throw fail(`lacks \${${column.name}}`);
  });
  return (rendered) => {
    let location = '';
    for (const piece of pieces) location += typeof piece === 'string' ? piece : rendered[piece];
    return location;
  };
}
