import type { RandomSource } from '../support/random-source.ts';
import { quote } from '../random/lake-tables.ts';
import { truncatedDate } from '../random/partition-predicates.ts';
import type { Kind } from '../random/lake-tables.ts';
import { hourLayout, hourPartsLayout } from './hour-layouts.ts';
import {
  DATE,
  DAY_SLOTS,
  SELF,
  SPARE,
  comparisons,
  compact,
  dateBuckets,
  dateForms,
  dayOf,
  hourOf,
  identity,
  monthOf,
  monthSpan,
  projectedDates,
} from './time-slots.ts';
import type { Layout, SlotRange, TimedColumn } from './time-slots.ts';

function textForms(column: string, render: (iso: string) => string, range: SlotRange): string[] {
  const literal = (slot: number): string => quote(render(dayOf(slot)));
  const dashed = render('2024-01-01') === '2024-01-01';
  return [
    ...comparisons(column, literal, range),
    `${column} LIKE '${render(dayOf(range.from)).slice(0, dashed ? 8 : 6)}%'`,
    `substr(${column}, 1, ${dashed ? 7 : 6}) = '${render(dayOf(range.to)).slice(0, dashed ? 7 : 6)}'`,
    `left(${column}, 4) = '${dayOf(range.from).slice(0, 4)}' AND ${column} < ${literal(range.to)}`,
    ...(dashed
      ? [
          `CAST(${column} AS date) BETWEEN date '${dayOf(range.from)}' AND date '${dayOf(range.to)}'`,
          `${column}::date >= date '${dayOf(range.from)}' AND ${column}::date < date '${dayOf(range.to)}'`,
        ]
      : []),
  ];
}

function textBuckets(column: string, dashed: boolean): { text: string; kind: Kind }[] {
  return [
    { text: column, kind: 'text' },
    { text: column, kind: 'text' },
    { text: `substr(${column}, 1, ${dashed ? 7 : 6})`, kind: 'text' },
    { text: `right(${column}, 2)`, kind: 'text' },
    ...(dashed
      ? [
          { text: `${column}::date`, kind: 'date' as const },
          { text: `${truncatedDate('week', `${column}::date`)}::date`, kind: 'date' as const },
          { text: `${truncatedDate('month', `${column}::date`)}::date`, kind: 'date' as const },
        ]
      : []),
  ];
}

function dateLayout(random: RandomSource): Layout {
  const projected = random.chance(0.6);
  const format = projected ? random.pick(['yyyy-MM-dd', 'yyyyMMdd']) : 'yyyy-MM-dd';
  const column = `${SELF}.dt`;
  return {
    name: `dates${projected ? '' : '_registered'}`,
    unit: 'day',
    slots: DAY_SLOTS,
    partitionColumns: [DATE],
    apps: [''],
    ...(projected ? { projection: projectedDates('dt', format) } : { nullPartition: true }),
    texts: (slot) => [format === 'yyyyMMdd' ? compact(dayOf(slot)) : dayOf(slot)],
    literal: (_, text) =>
      `DATE '${text.includes('-') ? text : `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`}'`,
    ranges: (range) => dateForms(column, range),
    buckets: () => dateBuckets(column),
  };
}

/** The layout with a time column of the rows beside its partitions, of which statements may ask too. */
function insideLayout(layout: Layout, random: RandomSource): Layout {
  const inside = random.chance(0.7) ? 'ts' : 'tz';
  const type = inside === 'ts' ? 'timestamp' : 'timestamptz';
  const time = `${SELF}.${inside}`;
  const day = (slot: number): string =>
    layout.unit === 'hour' ? hourOf(slot).slice(0, 10) : dayOf(slot);
  const at =
    (clock: string) =>
    (slot: number): string =>
      `${type} '${day(slot)} ${clock}'`;
  const tolerance = random.pick(['', '0', '1 hour', '1 hour', '3 days']);
  return {
    ...layout,
    name: `inside_${layout.name}`,
    inside,
    properties: {
      'tributary.time_column': inside,
      'tributary.time_partition': layout.partitionColumns.map(({ name }) => name).join(','),
      ...(tolerance === '' ? {} : { 'tributary.time_tolerance': tolerance }),
    },
    ranges: (range) => [
      ...comparisons(time, at('00:00:00'), range),
      ...comparisons(time, at('06:30:00'), range),
      // In the night that the clock changes this time does not exist, or twice.
      ...comparisons(time, at('02:30:00'), range),
      ...layout.ranges(range),
      `${time} >= ${at('10:00:00')(range.from)} AND ${time} < ${at('12:00:00')(range.from)}`,
      ...(layout.partitionColumns[0] === DATE
        ? [
            `${time} >= ${at('10:00:00')(range.from)} AND ${time} < ${at('00:00:00')(range.to)} AND ${SELF}.dt >= date '${day(range.from)}'`,
          ]
        : []),
      `date_trunc('day', ${time}) BETWEEN ${at('00:00:00')(range.from)} AND ${at('00:00:00')(range.to)}`,
      `${time}::date BETWEEN date '${day(range.from)}' AND date '${day(range.to)}'`,
    ],
    buckets: () => [
      ...layout.buckets(),
      { text: `${time}::date`, kind: 'date' },
      ...(inside === 'ts'
        ? ['day', 'week', 'month', 'hour'].map((unit) => ({
            text: `date_trunc('${unit}', ${time})`,
            kind: 'ts' as const,
          }))
        : []),
    ],
  };
}

function textLayout(random: RandomSource): Layout {
  const dashed = random.chance(0.6);
  const render = dashed ? identity : compact;
  const projected = random.chance(0.6);
  const column = `${SELF}.ds`;
  return {
    name: `${dashed ? 'dashed' : 'compact'}${projected ? '' : '_registered'}`,
    unit: 'day',
    slots: DAY_SLOTS,
    partitionColumns: [{ name: 'ds', kind: 'text', type: 'string' }],
    apps: [''],
    ...(projected
      ? { projection: projectedDates('ds', dashed ? 'yyyy-MM-dd' : 'yyyyMMdd') }
      : { nullPartition: true }),
    texts: (slot) => [render(dayOf(slot))],
    literal: (_, text) => quote(text),
    ranges: (range) => textForms(column, render, range),
    buckets: () => textBuckets(column, dashed),
  };
}

function integerDayLayout(): Layout {
  const column = `${SELF}.ymd`;
  return {
    name: 'integer_day',
    unit: 'day',
    slots: DAY_SLOTS,
    partitionColumns: [{ name: 'ymd', kind: 'int', type: 'int' }],
    apps: [''],
    nullPartition: true,
    texts: (slot) => [compact(dayOf(slot))],
    literal: (_, text) => text,
    ranges: (range) => [
      ...comparisons(column, (slot) => compact(dayOf(slot)), range),
      `${column} / 100 = ${compact(dayOf(range.from)).slice(0, 6)}`,
      `${column}::text BETWEEN '${compact(dayOf(range.from))}' AND '${compact(dayOf(range.to))}'`,
    ],
    buckets: () => [
      { text: column, kind: 'int' },
      { text: `${column} / 100`, kind: 'int' },
      { text: `${column} % 100`, kind: 'int' },
    ],
  };
}

function partsLayout(random: RandomSource): Layout {
  const projected = random.chance(0.6);
  const text = random.chance(0.25);
  const digits = text || random.chance(0.5);
  const [year, month, day] = ['year', 'month', 'day'].map((name) => `${SELF}.${name}`) as [
    string,
    string,
    string,
  ];
  const show = (value: string): string => (text ? quote(value) : String(Number(value)));
  const partsOf = (slot: number): [string, string, string] =>
    dayOf(slot).split('-') as [string, string, string];
  const date = text
    ? `(${year} || '-' || ${month} || '-' || ${day})::date`
    : `make_date(${year}, ${month}, ${day})`;
  return {
    name: `${text ? 'text_' : ''}parts${projected ? '' : '_registered'}`,
    unit: 'day',
    slots: DAY_SLOTS,
    partitionColumns: ['year', 'month', 'day'].map((name) => ({
      name,
      kind: text ? 'text' : 'int',
      type: text ? 'string' : 'int',
    })),
    apps: [''],
    ...(projected
      ? {
          projection: {
            'projection.year.type': 'integer',
            'projection.year.range': '2020,2021',
            'projection.month.type': 'integer',
            'projection.month.range': '1,12',
            'projection.day.type': 'integer',
            'projection.day.range': '1,31',
            ...(digits ? { 'projection.month.digits': '2', 'projection.day.digits': '2' } : {}),
          },
        }
      : {}),
    texts: (slot) => partsOf(slot).map((part) => (digits ? part : String(Number(part)))),
    literal: (_, value) => (text ? quote(value) : String(Number(value))),
    ranges({ from, to }) {
      const [y, m, d] = partsOf(from);
      const [y2, m2, d2] = partsOf(Math.max(from, to - 1));
      return [
        `${year} = ${show(y)} AND ${month} = ${show(m)}`,
        `${year} = ${show(y)} AND ${month} = ${show(m)} AND ${day} BETWEEN ${show(d)} AND ${show(text ? '28' : String(Math.min(31, Number(d) + 9)))}`,
        `${year} = ${show(y2)} AND ${month} = ${show(m2)} AND ${day} <= ${show(d2)}`,
        `((${year} = ${show(y)} AND ${month} = ${show(m)} AND ${day} >= ${show(d)}) OR (${year} = ${show(y2)} AND ${month} = ${show(m2)} AND ${day} < ${show(d2)}))`,
        `(${year} > ${show(y)} OR ${year} = ${show(y)} AND (${month} > ${show(m)} OR ${month} = ${show(m)} AND ${day} >= ${show(d)})) AND (${year} < ${show(y2)} OR ${year} = ${show(y2)} AND (${month} < ${show(m2)} OR ${month} = ${show(m2)} AND ${day} <= ${show(d2)}))`,
        `${date} BETWEEN date '${dayOf(from)}' AND date '${dayOf(to)}'`,
        `${date} >= date '${dayOf(from)}' AND ${date} < date '${dayOf(to)}'`,
        ...(text
          ? [`${year} || ${month} || ${day} BETWEEN '${y}${m}${d}' AND '${y2}${m2}${d2}'`]
          : [
              `${year} * 10000 + ${month} * 100 + ${day} BETWEEN ${y}${m}${d} AND ${y2}${m2}${d2}`,
              `${year} * 12 + ${month} >= ${Number(y) * 12 + Number(m)}`,
            ]),
        `${year} = ${show(y)}`,
        `${month} = ${show(m)} AND ${day} IN (${show('01')}, ${show(d)}, ${show('15')})`,
        `${day} = ${show(d)}`,
        '',
      ];
    },
    buckets: () => [
      { text: year, kind: text ? 'text' : 'int' },
      { text: month, kind: text ? 'text' : 'int' },
      { text: day, kind: text ? 'text' : 'int' },
      { text: date, kind: 'date' },
      { text: `${truncatedDate('week', date)}::date`, kind: 'date' },
      { text: `${truncatedDate('month', date)}::date`, kind: 'date' },
    ],
  };
}

function appLayout(random: RandomSource): Layout {
  const column = `${SELF}.dt`;
  const apps = random.sample(['1', '2', '3', '7', '11'], random.integer(2, 4));
  const appFirst = random.chance(0.4);
  const app: TimedColumn = { name: 'app_id', kind: 'int', type: 'int' };
  const projected = random.chance(0.7);
  return {
    name: `app${appFirst ? '_first' : ''}${projected ? '' : '_registered'}`,
    unit: 'day',
    slots: 24,
    partitionColumns: appFirst ? [app, DATE] : [DATE, app],
    apps,
    ...(projected
      ? {
          projection: {
            ...projectedDates('dt', 'yyyy-MM-dd'),
            'projection.app_id.type': 'integer',
            'projection.app_id.range': '0,12',
          },
        }
      : {}),
    texts: (slot, value) => (appFirst ? [value, dayOf(slot)] : [dayOf(slot), value]),
    literal: (at, text) => ((at === 0) === appFirst ? text : `DATE '${text}'`),
    ranges: (range) => [
      ...dateForms(column, range),
      ...comparisons(column, (slot) => `date '${dayOf(slot)}'`, range)
        .slice(0, 5)
        .map((each) => `${each} AND ${SELF}.app_id = ${apps[0] ?? ''}`),
      `${column} BETWEEN date '${dayOf(range.from)}' AND date '${dayOf(range.to)}' AND ${SELF}.app_id IN (${apps.slice(0, 2).join(', ')})`,
      `(${column} = date '${dayOf(range.from)}' AND ${SELF}.app_id = ${apps[1] ?? ''} OR ${column} > date '${dayOf(range.to - 2)}')`,
    ],
    buckets: () => [...dateBuckets(column), { text: `${SELF}.app_id`, kind: 'int' }],
  };
}

function monthLayout(): Layout {
  const column = `${SELF}.mo`;
  const literal = (slot: number): string => `date '${monthOf(slot)}-01'`;
  return {
    name: 'months',
    unit: 'month',
    slots: 14,
    partitionColumns: [{ name: 'mo', kind: 'date', type: 'date' }],
    apps: [''],
    projection: {
      'projection.mo.type': 'date',
      'projection.mo.format': 'yyyy-MM',
      'projection.mo.range': `${monthOf(0)},${monthOf(14 + SPARE)}`,
    },
    texts: (slot) => [monthOf(slot)],
    literal: (_, text) => `DATE '${text}-01'`,
    ranges: (range) => [
      ...comparisons(column, literal, range),
      `${column} BETWEEN date '${monthOf(range.from)}-02' AND date '${monthSpan(monthOf(range.to))}'`,
      `extract(year from ${column}) = ${monthOf(range.from).slice(0, 4)}`,
    ],
    buckets: () => [
      { text: column, kind: 'date' },
      { text: `extract(year from ${column})::int`, kind: 'int' },
      { text: `${truncatedDate('quarter', column)}::date`, kind: 'date' },
    ],
  };
}

/** Layouts of every partitioning by time that tables may have; the same random source makes the same. */
export function randomLayout(random: RandomSource): Layout {
  return random.choose(
    () => dateLayout(random),
    () => dateLayout(random),
    () => insideLayout(dateLayout(random), random),
    () => insideLayout(dateLayout(random), random),
    () =>
      insideLayout(
        random.choose(
          () => textLayout(random),
          () => partsLayout(random),
          () => integerDayLayout(),
          () => hourLayout(random),
          () => hourPartsLayout(random),
        ),
        random,
      ),
    () => textLayout(random),
    () => textLayout(random),
    () => integerDayLayout(),
    () => partsLayout(random),
    () => partsLayout(random),
    () => appLayout(random),
    () => appLayout(random),
    () => hourLayout(random),
    () => hourPartsLayout(random),
    () => monthLayout(),
  );
}
