import { templateBase } from '@tributary/catalog';
import { QueryError } from '@tributary/sql';
import { mayMissSomething, mayRead } from './permissions.ts';
import type { SessionScope } from '../service/statement-scope.ts';

/**
 * Refuses a place in a lake whose files belong to a table that the reader may not read: another table over them would show them.
 * Both a folder within that table's and one around it are refused. Registered partitions that lie elsewhere are not looked for.
 *
 * @throws QueryError insufficientPrivilege
 */
export function refuseHiddenLocation(location: string, scope: SessionScope): void {
  if (!mayMissSomething(scope)) return;
  const { snapshot } = scope;
  for (const database of snapshot.databases()) {
    for (const schema of snapshot.schemas(database)) {
      for (const relation of snapshot.relations(database, schema)) {
        if (relation.kind !== 'table' || mayRead(scope, relation)) continue;
        const places = [relation.location, templateBase(relation) ?? relation.location];
        if (places.some((each) => each.startsWith(location) || location.startsWith(each))) {
          throw new QueryError(
            'insufficientPrivilege',
            `permission denied for location '${location}'`,
            { detail: 'It holds files of a table that you may not read.' },
          );
        }
      }
    }
  }
}
