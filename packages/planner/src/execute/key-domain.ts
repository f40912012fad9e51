import type { Engine, EngineValue } from '@tributary/engine';
import {
  nullDomain,
  parseDomainValue,
  rangesDomain,
  unionDomains,
  valuesDomain,
} from '@tributary/sql';
import type { DomainValue, Domain, PlanColumn } from '@tributary/sql';

/** An item of FROM with a column `c<id>`, and the values of its `$1`, ... */
export interface KeySource {
  readonly text: string;
  readonly parameters: readonly EngineValue[];
}

/**
 * A domain that holds every value of a column, NULL included; undefined where its values have none. What is read is computed
 * once, or twice where the values are many.
 *
 * @param most beyond this many different values only the least and the greatest count
 */
export async function keyDomain(
  { text, parameters }: KeySource,
  { id, type }: PlanColumn,
  engine: Engine,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<Domain | undefined> {
  const parsed = (value: unknown): DomainValue | undefined =>
    typeof value === 'string' ? parseDomainValue(value, type) : undefined;
  const from = `FROM ${text} AS k WHERE c${id} IS NOT NULL`;
  const keys = await engine.rows(
    `SELECT DISTINCT CAST(c${id} AS VARCHAR) ${from} LIMIT ${most + 1}`,
    parameters,
    { signal },
  );
  if (keys.length <= most) {
    const values = keys.map(([key]) => parsed(key));
    const known = values.filter((each) => each !== undefined);
    return known.length < values.length
      ? undefined
      : unionDomains(valuesDomain(type, known), nullDomain(type));
  }
  const [[least, greatest] = []] = await engine.rows(
    `SELECT CAST(min(c${id}) AS VARCHAR), CAST(max(c${id}) AS VARCHAR) ${from}`,
    parameters,
    { signal },
  );
  const low = parsed(least);
  const high = parsed(greatest);
  if (low === undefined || high === undefined) return undefined;
  const range = { low: { value: low, inclusive: true }, high: { value: high, inclusive: true } };
  return unionDomains(rangesDomain(type, [range]), nullDomain(type));
}
