/** Units of date_trunc, extract and the like, as PostgreSQL's datetktbl and deltatktbl name them. */
export type DateUnit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'isoyear'
  | 'dow'
  | 'isodow'
  | 'doy'
  | 'epoch'
  | 'julian'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute';

const NAMES: Readonly<Record<DateUnit, string>> = {
  microsecond: 'microseconds microsecond us usec usecond useconds usecs microsecon',
  millisecond: 'milliseconds millisecond ms msec msecond mseconds msecs millisecon',
  second: 'second seconds s sec secs',
  minute: 'minute minutes m min mins',
  hour: 'hour hours h hr hrs',
  day: 'day days d',
  week: 'week weeks w',
  month: 'month months mon mons',
  quarter: 'quarter qtr',
  year: 'year years y yr yrs',
  decade: 'decade decades dec decs',
  century: 'century centuries c cent',
  millennium: 'millennium millennia mil mils',
  isoyear: 'isoyear',
  dow: 'dow',
  isodow: 'isodow',
  doy: 'doy',
  epoch: 'epoch',
  julian: 'julian jd j',
  timezone: 'timezone',
  timezone_hour: 'timezone_h timezone_hour',
  timezone_minute: 'timezone_m timezone_minute',
};

const BY_NAME: ReadonlyMap<string, DateUnit> = new Map(
  (Object.entries(NAMES) as [DateUnit, string][]).flatMap(([unit, names]) =>
    names.split(' ').map((name) => [name, unit] as const),
  ),
);

/** The unit that a name means, in any case; undefined for none of PostgreSQL's. */
export function dateUnit(name: string): DateUnit | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** Where the local clock's rules cannot change what is cut off: the offset stays. */
export const WITHIN_HOUR: ReadonlySet<DateUnit> = new Set([
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
]);
