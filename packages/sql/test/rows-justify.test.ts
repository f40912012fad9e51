import { justifyRows } from '../src/functions/rows/justify.ts';
import { describeRows } from './support/describe-rows.ts';
import type { RowCases } from './support/describe-rows.ts';

const intervals: RowCases = {
  tuples: [
    '0',
    '1 mon -1 hour',
    '1 day -25:00:00.5',
    '-1 day +25 hours',
    '35 days 49:00:00',
    '-35 days -49:00:00.000001',
    '1 mon -31 days +23 hours',
    '-2 mons +65 days -1 hour',
    '1 year 2 mons 29 days 24:00:00',
    '-14 mons -3 days -30:00:05.5',
    '30 days -1 microsecond',
    '-30 days +1 microsecond',
    '1 mon -30 days',
    null,
  ].map((interval) => [interval]),
};

describeRows('functions that justify intervals', justifyRows, {
  'justify_hours(interval)': intervals,
  'justify_days(interval)': intervals,
  'justify_interval(interval)': intervals,
});
