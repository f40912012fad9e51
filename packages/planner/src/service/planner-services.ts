import type { CatalogStore } from '@tributary/catalog';
import type { Connector, QueryConnector } from '@tributary/connectors';
import type { Engine } from '@tributary/engine';
import type { Access } from '../access/reader.ts';
import type { ReuseService } from '../reuse/reuse-service.ts';
import type { CatalogEngine } from '../session/catalog-engine.ts';
import type { QueryLog } from './query-log.ts';
import type { StatementCache } from './statement-cache.ts';

/** What all sessions of a server share. */
export interface PlannerServices {
  readonly store: CatalogStore;
  readonly engine: Engine;
  /** By source name, which is also the name of the source's database. */
  readonly connectors: ReadonlyMap<string, Connector>;
  /** Sources that compute queries over tables which they declare themselves, likewise by name. */
  readonly querySources?: ReadonlyMap<string, QueryConnector>;
  readonly queries: QueryLog;
  readonly statements: StatementCache;
  /** Keeps and finds what was computed for windows; absent: everything is computed anew. */
  readonly reuse?: ReuseService;
  /** Of settings that the server's configuration sets otherwise than their definitions. */
  readonly settingDefaults?: ReadonlyMap<string, string>;
  /** Whether a user may put rows into a source. Absent: nobody may. */
  readonly mayWrite?: (user: string, source: string) => boolean;
  /** Who has which roles. */
  readonly access: Access;
  /** Answers pg_catalog and information_schema; absent: such statements are refused. */
  readonly catalogEngine?: CatalogEngine;
  /** Told of warnings and defects that no client hears of. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: object) => void;
}

export const MAIN_DATABASE = 'main';
