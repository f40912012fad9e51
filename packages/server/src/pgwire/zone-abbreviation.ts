/** Where a zone is at home, its short name is known. Of all others the tz database has a number, or it is not known here. */
const AT_HOME: readonly (readonly [zones: RegExp, locale: string])[] = [
  [/^(America|US|Canada|Pacific\/Honolulu)/, 'en-US'],
  [/^Canada|^America\/(Halifax|St_Johns)/, 'en-CA'],
  [/^(Europe|GB|CET|EET|WET|MET)/, 'en-GB'],
  [/^Africa/, 'en-ZA'],
  [/^Australia/, 'en-AU'],
  [/^(NZ|Pacific\/Auckland)/, 'en-NZ'],
  [/^Asia\/(Kolkata|Calcutta)/, 'en-IN'],
];
const REMEMBERED = 100;

const formats = new Map<string, readonly Intl.DateTimeFormat[]>();

function formatsOf(zone: string): readonly Intl.DateTimeFormat[] {
  let known = formats.get(zone);
  if (known === undefined) {
    try {
      known = AT_HOME.filter(([zones]) => zones.test(zone)).map(
        ([, locale]) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }),
      );
    } catch {
      known = [];
    }
    if (formats.size >= REMEMBERED) formats.clear();
    formats.set(zone, known);
  }
  return known;
}

/** `UTC`, `CET`, `EDT`: what a zone calls its time at an instant (seconds since 1970); undefined where it has only a number. */
export function zoneAbbreviation(zone: string, instant: number): string | undefined {
  if (/^(etc\/)?(utc|uct|universal|zulu)$/i.test(zone)) return 'UTC';
  if (/^(etc\/)?gmt$/i.test(zone)) return 'GMT';
  for (const format of formatsOf(zone)) {
    const name = format
      .formatToParts(instant * 1000)
      .find(({ type }) => type === 'timeZoneName')?.value;
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name;
  }
  return undefined;
}
