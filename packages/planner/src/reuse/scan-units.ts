import type { Fragment } from './fragment.ts';
import type { Window } from './windows.ts';

const DAY = 86_400_000;
/** Bytes that one scan unit reads at most, unless a single window has more. */
const UNIT_BYTES = 2 * 1024 ** 3;
/** The same where the unit may hold its rows in memory. */
const HELD_BYTES = 256 * 1024 ** 2;

/** Cuts windows, in the order of time, into runs of at most `days` and of a bounded size. */
export function cutUnits(
  windows: readonly Window[],
  days: number,
  form: Fragment['form'],
): readonly (readonly Window[])[] {
  const most = form === 'top' ? HELD_BYTES : UNIT_BYTES;
  const units: Window[][] = [];
  let bytes = 0;
  for (const window of windows) {
    const unit = units.at(-1);
    const start = unit?.[0]?.span?.from;
    const fits =
      unit !== undefined &&
      bytes + window.bytes <= most &&
      (window.span === null || start === undefined || window.span.to - start <= days * DAY);
    if (fits) {
      unit.push(window);
      bytes += window.bytes;
    } else {
      units.push([window]);
      bytes = window.bytes;
    }
  }
  return units;
}
