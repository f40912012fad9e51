import { QueryError } from '@tributary/sql';

/**
 * The settings in a startup packet's `options` (PGOPTIONS): `-c name=value` or `--name=value`, separated by white space; a
 * backslash takes the next character as it is.
 *
 * @throws QueryError syntaxError for anything else.
 */
export function startupOptions(options: string): readonly (readonly [string, string])[] {
  const words = [...options.matchAll(/(?:\\[\s\S]|[^\s\\])+/g)].map(([word]) =>
    word.replaceAll(/\\([\s\S])/g, '$1'),
  );
  const settings: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const assignment = word === '-c' ? words[++at] : /^(?:-c|--)(.+)$/s.exec(word)?.[1];
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment === undefined || equals < 1) {
      throw new QueryError(
        'syntaxError',
        `invalid command-line argument for server process: ${word}`,
        {
          hint: 'Only settings can be given: -c name=value.',
        },
      );
    }
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)]);
  }
  return settings;
}
