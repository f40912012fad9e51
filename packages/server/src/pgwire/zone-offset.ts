/** Transitions of civil zones fall on quarters of an hour. */
const STEP_SECONDS = 900;
const REMEMBERED = 20_000;
/** The last instant JavaScript's Date can hold, in seconds. */
const DATE_LIMIT = 8_640_000_000_000;

/** Seconds east of UTC at an instant (seconds since 1970). */
export type ZoneOffset = (instant: number) => number;

const cache = new Map<string, ZoneOffset>();

/** The offset function of a zone as `SET TimeZone` accepts it; UTC where the name is unknown here. */
export function zoneOffset(zone: string): ZoneOffset {
  let offset = cache.get(zone);
  if (offset === undefined) {
    offset = fixedOffset(zone) ?? namedOffset(zone);
    if (cache.size > 1000) cache.clear();
    cache.set(zone, offset);
  }
  return offset;
}

/** `UTC`, and POSIX forms such as `<+03>-03`, whose sign is the other way round. */
function fixedOffset(zone: string): ZoneOffset | undefined {
  if (/^(utc|gmt|etc\/utc|etc\/gmt|zulu|universal)$/i.test(zone)) return () => 0;
  const posix = /^(?:<[^>]*>|[A-Za-z]{3,})?([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(zone);
  if (posix === null) return undefined;
  const [, sign, hours, minutes = '0', seconds = '0'] = posix;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const offset = sign === '-' ? size : -size;
  return () => offset;
}

function namedOffset(zone: string): ZoneOffset {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return () => 0;
  }
  const known = new Map<number, number>();
  return (instant) => {
    const step = Math.floor(instant / STEP_SECONDS);
    let offset = known.get(step);
    if (offset === undefined) {
      const within = Math.min(Math.max(step * STEP_SECONDS, -DATE_LIMIT), DATE_LIMIT);
      offset = parseOffset(format, within * 1000);
      if (known.size >= REMEMBERED) known.clear();
      known.set(step, offset);
    }
    return offset;
  };
}

function parseOffset(format: Intl.DateTimeFormat, milliseconds: number): number {
  const name = format.formatToParts(milliseconds).find(({ type }) => type === 'timeZoneName');
  const match = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name?.value ?? '');
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}
