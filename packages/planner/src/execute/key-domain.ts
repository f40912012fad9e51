import type { ScanRelation } from '@tributary/connectors';
import type { Engine } from '@tributary/engine';
import {
  parseDomainValue,
  rangesDomain,
  unionDomains,
  valuesDomain,
  nullDomain,
} from '@tributary/sql';
import type { Domain, DomainValue, PlanColumn } from '@tributary/sql';

/** Beyond this many different values only the least and the greatest count. */
const MOST_KEYS = 10_000;

/** The values that a column of a relation has; undefined where they have no domain. The relation is read, not used up. */
export async function keyDomain(
  relation: ScanRelation,
  { id, type }: PlanColumn,
  engine: Engine,
  signal: AbortSignal,
): Promise<Domain | undefined> {
  // Parameters of a relation are named by place; relations of loaded rows have none.
  if (relation.parameters.length > 0) return undefined;
  const from = `FROM ${relation.text} WHERE c${id} IS NOT NULL`;
  const keys = await engine.rows(
    `SELECT DISTINCT CAST(c${id} AS VARCHAR) ${from} LIMIT ${MOST_KEYS + 1}`,
    [],
    { signal },
  );
  const [[nulls] = [false]] = await engine.rows(
    `SELECT count(*) > 0 FROM ${relation.text} WHERE c${id} IS NULL`,
    [],
    { signal },
  );
  const parsed = (value: unknown): DomainValue | undefined =>
    typeof value === 'string' ? parseDomainValue(value, type) : undefined;
  let domain: Domain;
  if (keys.length <= MOST_KEYS) {
    const values = keys.map(([key]) => parsed(key));
    if (values.some((each) => each === undefined)) return undefined;
    domain = valuesDomain(
      type,
      values.filter((each) => each !== undefined),
    );
  } else {
    const [[least, greatest] = []] = await engine.rows(
      `SELECT CAST(min(c${id}) AS VARCHAR), CAST(max(c${id}) AS VARCHAR) ${from}`,
      [],
      { signal },
    );
    const low = parsed(least);
    const high = parsed(greatest);
    if (low === undefined || high === undefined) return undefined;
    domain = rangesDomain(type, [
      { low: { value: low, inclusive: true }, high: { value: high, inclusive: true } },
    ]);
  }
  return nulls === true ? unionDomains(domain, nullDomain(type)) : domain;
}
