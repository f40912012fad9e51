import type { SqlType, Statement } from '@tributary/sql';
import type { BoundSelect } from '../bind/bind-context.ts';
import type { BackendQuery } from './backend-calls.ts';
import type { SettingQuery } from './setting-calls.ts';
import type { PreparedStatement } from './sql-session.ts';

/** A prepared statement with what binding found out; bound again when the catalog has moved on. */
export interface Prepared extends PreparedStatement {
  readonly parameterTypes: readonly (SqlType | undefined)[];
  /** The catalog engine answers it. */
  readonly byCatalog?: true;
  /** The session answers it from its settings. */
  readonly settingQuery?: SettingQuery;
  /** It tells of the server's connections, or stops some. */
  readonly backendQuery?: BackendQuery;
  /** As the client wrote it, where rows of system catalogs of one version were put in its place. */
  readonly mixed?: {
    readonly statement: Extract<Statement, { kind: 'select' }>;
    readonly catalogVersion: number;
  };
  /** The query of a COPY or of a cursor. */
  readonly inner?: Prepared;
  readonly bound:
    | { readonly catalogVersion: number; readonly facts: string; readonly select: BoundSelect }
    | undefined;
}
