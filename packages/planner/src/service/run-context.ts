import type { RunContext } from '../execute/run-plan.ts';
import { scanServices } from './scan-services.ts';
import type { StatementScope } from './statement-scope.ts';

/** What running a plan needs, from its statement's scope; counts and progress go to the statement's record. */
export function runContext(scope: StatementScope): RunContext {
  const { record, reusePolicy } = scope;
  const { reuse } = scope.services;
  return {
    engine: scope.services.engine,
    scans: scanServices(scope),
    statistics: record.statistics,
    signal: scope.signal,
    onProgress: (fraction) => {
      record.progress = fraction;
    },
    now: scope.now,
    timeZone: scope.timeZone,
    ...(reuse === undefined || (!reusePolicy.use && !reusePolicy.populate)
      ? {}
      : { reuse: { service: reuse, policy: reusePolicy } }),
  };
}
