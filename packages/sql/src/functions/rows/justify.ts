import type { FunctionEntry } from '../function-entry.ts';
import { fn } from '../signature.ts';
import { reuse, reusing } from '../template-parts.ts';

const DAY = '86400000000';

const months = (i: string): string => `(date_part('year', ${i}) * 12 + date_part('month', ${i}))`;
const days = (i: string): string => `date_part('day', ${i})`;
const clock = (i: string): string =>
  `(date_part('hour', ${i}) * 3600000000 + date_part('minute', ${i}) * 60000000 + date_part('microsecond', ${i}))`;

/** An interval of its three independent parts. */
const interval = (m: string, d: string, us: string): string =>
  `to_months(CAST(${m} AS INTEGER)) + to_days(CAST(${d} AS INTEGER)) + to_microseconds(${us})`;

/** PostgreSQL's last step: whole and part of one sign. Answers the two texts' new values. */
const sameSign = (whole: string, part: string, size: string): readonly [string, string] => {
  const up = `${whole} > 0 AND ${part} < 0`;
  const down = `${whole} < 0 AND ${part} > 0`;
  return [
    `(CASE WHEN ${up} THEN ${whole} - 1 WHEN ${down} THEN ${whole} + 1 ELSE ${whole} END)`,
    `(CASE WHEN ${up} THEN ${part} + ${size} WHEN ${down} THEN ${part} - ${size} ELSE ${part} END)`,
  ];
};

/** `//` and `%` cut towards zero, as C does. */
const justifyHours = reusing(([i = '']) =>
  reuse([`${days(i)} + ${clock(i)} // ${DAY}`, `${clock(i)} % ${DAY}`], (d, us) =>
    interval(months(i), ...sameSign(d, us, DAY)),
  ),
);

const justifyDays = reusing(([i = '']) =>
  reuse([`${months(i)} + ${days(i)} // 30`, `${days(i)} % 30`], (m, d) =>
    interval(...sameSign(m, d, '30'), clock(i)),
  ),
);

const justifyInterval = reusing(([i = '']) =>
  reuse([`${days(i)} + ${clock(i)} // ${DAY}`, `${clock(i)} % ${DAY}`], (all, us) =>
    reuse([`${months(i)} + ${all} // 30`, `${all} % 30`, us], (m, d, rest) => {
      const up = `${m} > 0 AND (${d} < 0 OR ${d} = 0 AND ${rest} < 0)`;
      const down = `${m} < 0 AND (${d} > 0 OR ${d} = 0 AND ${rest} > 0)`;
      return reuse(
        [
          `CASE WHEN ${up} THEN ${m} - 1 WHEN ${down} THEN ${m} + 1 ELSE ${m} END`,
          `CASE WHEN ${up} THEN ${d} + 30 WHEN ${down} THEN ${d} - 30 ELSE ${d} END`,
          rest,
        ],
        (m2, d2, us2) => interval(m2, ...sameSign(d2, us2, DAY)),
      );
    }),
  ),
);

export const justifyRows: readonly FunctionEntry[] = [
  fn('justify_hours(interval) -> interval', { duckdb: justifyHours }),
  fn('justify_days(interval) -> interval', { duckdb: justifyDays }),
  fn('justify_interval(interval) -> interval', { duckdb: justifyInterval }),
];
