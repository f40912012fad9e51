import type { Window } from './windows.ts';

const DAY = 86_400_000;
/** Bytes that one scan unit reads at most, unless a single window has more. */
const UNIT_BYTES = 2 * 1024 ** 3;

/** Cuts windows, in the order of time, into runs of at most `days` and of a bounded size. */
export function cutUnits(windows: readonly Window[], days: number): readonly (readonly Window[])[] {
  const units: Window[][] = [];
  let bytes = 0;
  for (const window of windows) {
    const unit = units.at(-1);
    const start = unit?.[0]?.span?.from;
    const fits =
      unit !== undefined &&
      bytes + window.bytes <= UNIT_BYTES &&
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
