import type { RunContext } from '../execute/run-plan.ts';
import { REMEMBERED_ANSWERS, REUSE_WINDOWS } from '../rules/rules.ts';
import { scanServices } from './scan-services.ts';
import type { StatementScope } from './statement-scope.ts';

/** Whether a statement neither looks for stored windows nor stores any. */
function isReuseOff({ reusePolicy, rulesOff }: StatementScope): boolean {
  return (
    (!reusePolicy.use && !reusePolicy.populate) ||
    rulesOff.has('all') ||
    rulesOff.has(REUSE_WINDOWS)
  );
}

/** What running a plan needs, from its statement's scope; counts and progress go to the statement's record. */
export function runContext(scope: StatementScope): RunContext {
  const { record, reusePolicy, rulesOff } = scope;
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
    ...(reuse === undefined || isReuseOff(scope)
      ? {}
      : {
          reuse: {
            service: reuse,
            policy: reusePolicy,
            remembers: !rulesOff.has(REMEMBERED_ANSWERS),
          },
        }),
  };
}
