import { truncatedDate } from '../random/partition-predicates.ts';
import type { RandomSource } from '../support/random-source.ts';
import {
  DATE,
  SELF,
  comparisons,
  dateBuckets,
  dateForms,
  dayOf,
  hourOf,
  projectedDates,
} from './time-slots.ts';
import type { Layout } from './time-slots.ts';

/** A file an hour: by a column of timestamps, or by a date and an hour. */
export function hourLayout(random: RandomSource): Layout {
  const column = `${SELF}.h`;
  const literal = (slot: number): string => `timestamp '${hourOf(slot)}:00:00'`;
  if (random.chance(0.5)) {
    const dateHour = `${SELF}.dt`;
    return {
      name: 'date_hour',
      unit: 'hour',
      slots: 60,
      partitionColumns: [DATE, { name: 'hr', kind: 'int', type: 'int' }],
      apps: [''],
      projection: {
        ...projectedDates('dt', 'yyyy-MM-dd'),
        'projection.hr.type': 'integer',
        'projection.hr.range': '0,23',
      },
      texts: (slot) => [hourOf(slot).slice(0, 10), String(Number(hourOf(slot).slice(11)))],
      literal: (at, text) => (at === 0 ? `DATE '${text}'` : text),
      ranges({ from, to }) {
        const days = { from: Math.floor(from / 24), to: Math.ceil(to / 24) };
        return [
          ...dateForms(dateHour, days),
          `${dateHour} = date '${dayOf(days.from)}' AND ${SELF}.hr BETWEEN ${from % 24} AND ${(from % 24) + 6}`,
          `${dateHour} >= date '${dayOf(days.from)}' AND ${SELF}.hr < ${to % 24}`,
          `(${dateHour} > date '${dayOf(days.from)}' OR ${dateHour} = date '${dayOf(days.from)}' AND ${SELF}.hr >= ${from % 24})`,
        ];
      },
      buckets: () => [
        { text: `${SELF}.hr`, kind: 'int' },
        { text: `${SELF}.hr / 6`, kind: 'int' },
        ...dateBuckets(dateHour),
      ],
    };
  }
  return {
    name: 'hours',
    unit: 'hour',
    slots: 60,
    partitionColumns: [{ name: 'h', kind: 'ts', type: 'timestamp' }],
    apps: [''],
    projection: {
      'projection.h.type': 'date',
      'projection.h.format': 'yyyy-MM-dd-HH',
      'projection.h.range': `${dayOf(0)}-00,${dayOf(6)}-23`,
      'projection.h.interval': '1',
      'projection.h.interval.unit': 'HOURS',
    },
    texts: (slot) => [hourOf(slot).replace(' ', '-')],
    literal: (_, text) => `TIMESTAMP '${text.slice(0, 10)} ${text.slice(11)}:00:00'`,
    ranges: (range) => [
      ...comparisons(column, literal, range),
      `date_trunc('day', ${column}) = timestamp '${hourOf(range.from).slice(0, 10)} 00:00:00'`,
      `${column}::date = date '${hourOf(range.from).slice(0, 10)}'`,
      `${column} >= '${hourOf(range.from)}:30:00' AND ${column} < '${hourOf(range.to)}:30:00'`,
    ],
    buckets: () => [
      { text: column, kind: 'ts' },
      { text: `date_trunc('day', ${column})`, kind: 'ts' },
      { text: `${column}::date`, kind: 'date' },
      { text: `extract(hour from ${column})::int`, kind: 'int' },
    ],
  };
}

/** Hours by four columns, of which statements often name a part. */
export function hourPartsLayout(random: RandomSource): Layout {
  const projected = random.chance(0.5);
  const [year, month, day, hour] = ['year', 'month', 'day', 'hour'].map(
    (name) => `${SELF}.${name}`,
  ) as [string, string, string, string];
  const partsOf = (slot: number): readonly string[] =>
    hourOf(slot)
      .split(/[- ]/)
      .map((part) => String(Number(part)));
  const date = `make_date(${year}, ${month}, ${day})`;
  const at = `${date} + ${hour} * interval '1 hour'`;
  const literal = (slot: number): string => `timestamp '${hourOf(slot)}:00:00'`;
  return {
    name: `hour_parts${projected ? '' : '_registered'}`,
    unit: 'hour',
    slots: 60,
    partitionColumns: ['year', 'month', 'day', 'hour'].map((name) => ({
      name,
      kind: 'int',
      type: 'int',
    })),
    apps: [''],
    ...(projected
      ? {
          projection: {
            'projection.year.type': 'integer',
            'projection.year.range': '2020,2021',
            'projection.month.type': 'integer',
            'projection.month.range': '11,12',
            'projection.day.type': 'integer',
            'projection.day.range': '10,20',
            'projection.hour.type': 'integer',
            'projection.hour.range': '0,23',
          },
        }
      : {}),
    texts: partsOf,
    literal: (_, value) => value,
    ranges(range) {
      const [y = '', m = '', d = '', h = ''] = partsOf(range.from);
      const [, , d2 = '', h2 = ''] = partsOf(range.to);
      const first = hourOf(range.from).slice(0, 10);
      return [
        ...comparisons(`(${at})`, literal, range),
        `${year} = ${y} AND ${month} = ${m} AND ${day} = ${d}`,
        `${year} = ${y} AND ${month} = ${m} AND ${day} = ${d} AND ${hour} BETWEEN ${h} AND ${Number(h) + 5}`,
        `${year} = ${y} AND ${month} = ${m} AND (${day} > ${d} OR ${day} = ${d} AND ${hour} >= ${h}) AND (${day} < ${d2} OR ${day} = ${d2} AND ${hour} < ${h2})`,
        `${date} = date '${first}' AND ${hour} >= ${h}`,
        `${date} BETWEEN date '${first}' AND date '${hourOf(range.to).slice(0, 10)}'`,
        `${hour} IN (0, ${h}, 12)`,
        `${day} = ${d} AND ${hour} / 6 = ${Math.floor(Number(h) / 6)}`,
      ];
    },
    buckets: () => [
      { text: hour, kind: 'int' },
      { text: day, kind: 'int' },
      { text: `${hour} / 6`, kind: 'int' },
      { text: `(${at})`, kind: 'ts' },
      { text: date, kind: 'date' },
      { text: `${truncatedDate('week', date)}::date`, kind: 'date' },
    ],
  };
}
