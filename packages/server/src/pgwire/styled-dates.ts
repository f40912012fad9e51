import type { Cell } from './cell.ts';
import { zoneAbbreviation } from './zone-abbreviation.ts';

/** How dates and moments are written; parts of DateStyle as SHOW prints it. */
export interface DateForm {
  readonly style: 'ISO' | 'SQL' | 'Postgres' | 'German';
  readonly dayFirst: boolean;
}

/** `value`: of DateStyle, as `ISO, MDY`. */
export function dateForm(value: string): DateForm {
  const [style = 'ISO', order] = value.split(', ');
  const known = style === 'SQL' || style === 'Postgres' || style === 'German' ? style : 'ISO';
  return { style: known, dayFirst: order === 'DMY' };
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const ISO = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d)*)?)?( BC)?$/;

/** The day of the week of a day of the proleptic Gregorian calendar; 0 is Sunday. */
function weekday(year: number, month: number, day: number): number {
  // Weeks repeat every 400 years; JavaScript's years below 100 mean others.
  const same = (((year % 400) + 400) % 400) + 2000;
  return new Date(Date.UTC(same, month - 1, day)).getUTCDay();
}

/** Seconds since 1970 of a local time and its offset, for the zone's name then. */
function instantOf(year: number, month: number, day: number, clock: string, zone: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const [east = 0, eastMinutes = 0] = zone.slice(1).split(':').map(Number);
  const sign = zone.startsWith('-') ? -1 : 1;
  const date = new Date(Date.UTC(2000, month - 1, day, hours, minutes, Math.floor(seconds)));
  date.setUTCFullYear(year);
  return date.getTime() / 1000 - sign * (east * 3600 + eastMinutes * 60);
}

/** PostgreSQL's text of a date or moment in another style, made from the ISO one (EncodeDateOnly, EncodeDateTime). */
export function styledDate(iso: string, { style, dayFirst }: DateForm, timeZone: string): string {
  const match = ISO.exec(iso);
  if (match === null || style === 'ISO') return iso;
  const [, year = '', month = '', day = '', clock, zone, before = ''] = match;
  const number = before === '' ? Number(year) : 1 - Number(year);
  // A zone without letters is called by its number, as the tz database does.
  const suffix =
    zone === undefined || clock === undefined
      ? ''
      : ` ${zoneAbbreviation(timeZone, instantOf(number, Number(month), Number(day), clock, zone)) ?? zone}`;
  if (style === 'Postgres' && clock !== undefined) {
    const monthName = MONTHS[Number(month) - 1] ?? '';
    const name = WEEKDAYS[weekday(number, Number(month), Number(day))] ?? '';
    const date = dayFirst ? `${day} ${monthName}` : `${monthName} ${day}`;
    return `${name} ${date} ${clock} ${year}${suffix}${before}`;
  }
  const separator = { SQL: '/', German: '.', Postgres: '-' }[style];
  const parts = style === 'German' || dayFirst ? [day, month, year] : [month, day, year];
  const time = clock === undefined ? '' : ` ${clock}`;
  return `${parts.join(separator)}${time}${suffix}${before}`;
}

/** The cell in the form asked for. ISO, which nearly all ask for, costs nothing. */
export function styledDateCell(cell: Cell, form: DateForm, timeZone: string): Cell {
  if (form.style === 'ISO') return cell;
  return (row, out) => {
    const start = out.length;
    cell(row, out);
    const iso = out.buffer.subarray(start, out.length).toString('latin1');
    out.length = start;
    out.ascii(styledDate(iso, form, timeZone));
  };
}
