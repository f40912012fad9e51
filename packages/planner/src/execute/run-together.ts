import { noScanStatistics } from '@tributary/connectors';
import type { ScanContext, ScanRelation } from '@tributary/connectors';
import type { Plan } from '@tributary/sql';

/** Runs plans side by side; their rows are one relation. When one fails, the others are stopped and nothing stays open. */
export async function runTogether(
  plans: readonly Plan[],
  context: ScanContext,
  run: (plan: Plan, context: ScanContext) => Promise<ScanRelation>,
): Promise<ScanRelation> {
  const [only, ...others] = plans;
  if (only !== undefined && others.length === 0) return run(only, context);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const failures: unknown[] = [];
  const relations: ScanRelation[] = [];
  await Promise.all(
    plans.map(async (plan) => {
      try {
        relations.push(await run(plan, { ...context, signal }));
      } catch (error) {
        // Those that are stopped fail for that alone.
        failures.push(error);
        stop.abort();
      }
    }),
  );
  if (failures.length === 0) return together(relations);
  await Promise.all(relations.map((each) => each.release()));
  throw failures[0];
}

function together(relations: readonly ScanRelation[]): ScanRelation {
  const statistics = noScanStatistics(relations[0]?.statistics.path ?? '');
  for (const { statistics: each } of relations) {
    statistics.rows =
      statistics.rows === undefined || each.rows === undefined
        ? undefined
        : statistics.rows + each.rows;
    statistics.bytesRead += each.bytesRead;
    statistics.requests += each.requests;
    statistics.retries += each.retries;
  }
  const parameters = relations.flatMap((each) => each.parameters);
  if (parameters.length > 0) throw new Error('rows of a source are read without parameters');
  return {
    text: `(${relations.map(({ text }) => `FROM ${text}`).join(' UNION ALL ')})`,
    parameters,
    statistics,
    async verify() {
      for (const each of relations) await each.verify();
    },
    ...(relations.some((each) => each.failure !== undefined)
      ? {
          failure(error: unknown) {
            for (const each of relations) {
              const found = each.failure?.(error);
              if (found !== undefined) return found;
            }
            return undefined;
          },
        }
      : {}),
    async release() {
      await Promise.all(relations.map((each) => each.release()));
    },
  };
}
