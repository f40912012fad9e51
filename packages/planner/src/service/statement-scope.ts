import type { CatalogSnapshot } from '@tributary/catalog';
import type { Reader } from '../access/reader.ts';
import type { Settings } from '../session/settings.ts';
import { parseSearchPath, reuseAge } from '../session/setting-values.ts';
import type { ReusePolicy } from '../reuse/reuse-service.ts';
import type { QueryRecord } from './query-log.ts';
import type { PlannerServices } from './planner-services.ts';
import { timestampText } from '../execute/run-plan.ts';
import type { EvaluationContext } from '../execute/constant-evaluation.ts';

/** What one statement captured at its start: nothing it depends on changes under it. */
export interface StatementScope {
  readonly services: PlannerServices;
  readonly snapshot: CatalogSnapshot;
  readonly database: string;
  readonly searchPath: readonly string[];
  readonly timeZone: string;
  /** The settings that a bound query depends on, in one text. */
  readonly bindingFacts: string;
  readonly rulesOff: ReadonlySet<string>;
  readonly reusePolicy: ReusePolicy;
  readonly user: string;
  /** The user, as to what it may read. */
  readonly reader: Reader;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly record: QueryRecord;
  /** The session's statement before this one, for `tributary.last_query`. */
  readonly previous: QueryRecord | undefined;
}

/** What a statement is bound in, before it runs. */
export type SessionScope = Omit<StatementScope, 'signal' | 'record' | 'previous'>;

/** Settings that shape a statement's meaning, read once. */
export type SettingFacts = Pick<
  StatementScope,
  'searchPath' | 'timeZone' | 'bindingFacts' | 'rulesOff' | 'reusePolicy'
>;

export function settingFacts(settings: Settings): SettingFacts {
  const searchPath = parseSearchPath(settings.get('search_path'));
  const timeZone = settings.get('TimeZone');
  const reuse = settings.get('tributary.reuse');
  return {
    reusePolicy: {
      use: reuse !== 'off' && reuse !== 'refresh',
      populate: reuse !== 'off' && settings.get('tributary.reuse_populate') === 'on',
      maxAge: reuseAge(reuse),
      windowDays: Number(settings.get('tributary.window_days')),
    },
    searchPath,
    timeZone,
    bindingFacts: JSON.stringify([searchPath, timeZone]),
    rulesOff: new Set(
      settings
        .get('tributary.rules_off')
        .split(',')
        .filter((each) => each !== ''),
    ),
  };
}

/** How engine text evaluates a scope's constants. */
export function evaluationContext(scope: StatementScope): EvaluationContext {
  return {
    engine: scope.services.engine,
    signal: scope.signal,
    timeZone: scope.timeZone,
    now: timestampText(scope.now),
  };
}
