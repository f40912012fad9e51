import { QueryError } from '../errors.ts';
import type { Template, TemplateArgument, TemplateContext } from './function-entry.ts';
import { quoteIdent, quoteLiteral } from './quote-text.ts';
import { raise, refuse, reuse, textLiteral } from './template-parts.ts';
import { textOutput } from './text-output.ts';

/** `%[position$][-][width]type`; a width may be `*` or `*position$`. */
const DIRECTIVE = /%(?:(\d+)\$)?(-*)(\d+|\*(?:(\d+)\$)?)?(.?)/gs;
const WIDEST = 1_000_000;

const invalid = (message: string): QueryError => new QueryError('invalidParameterValue', message);
const TOO_FEW = 'too few arguments for format()';
const nullIdentifier = raise(
  'nullValueNotAllowed',
  'null values cannot be formatted as an SQL identifier',
);

/** The value of a directive, NULL spelled as it asks. */
function spelled(kind: string, text: string): string {
  switch (kind) {
    case 's':
      return `coalesce(${text}, '')`;
    case 'L':
      return `coalesce(${reuse([text], quoteLiteral)}, 'NULL')`;
    default:
      return `coalesce(${reuse([text], quoteIdent)}, CAST(${nullIdentifier} AS VARCHAR))`;
  }
}

/** Filled with blanks to a width; a negative width stands left, NULL is no width. */
function filled(text: string, width: string, left: boolean): string {
  return reuse([text, `coalesce(CAST(${width} AS BIGINT), 0)`], (t, w) => {
    const blanks = `repeat(' ', least(greatest(abs(${w}) - length(${t}), 0), ${WIDEST}))`;
    return left
      ? `${t} || ${blanks}`
      : `CASE WHEN ${w} < 0 THEN ${t} || ${blanks} ELSE ${blanks} || ${t} END`;
  });
}

/** The arguments of one call, taken in order or by number. */
class Places {
  readonly #args: readonly TemplateArgument[];
  #next = 0;

  constructor(args: readonly TemplateArgument[]) {
    this.#args = args;
  }

  take(place: string | undefined): TemplateArgument {
    if (place === '0') {
      throw invalid('format specifies argument 0, but arguments are numbered from 1');
    }
    if (place !== undefined) this.#next = Number(place) - 1;
    const argument = this.#args[this.#next];
    this.#next += 1;
    if (argument === undefined) throw invalid(TOO_FEW);
    return argument;
  }
}

/** The directives of a constant format become a concatenation. */
function constantFormat(
  format: string,
  args: readonly TemplateArgument[],
  context: TemplateContext,
): string {
  const parts: string[] = [];
  const places = new Places(args);
  let at = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    if (match.index > at) parts.push(textLiteral(format.slice(at, match.index)));
    at = match.index + match[0].length;
    const [, place, left = '', width, widthPlace, kind = ''] = match;
    if (kind === '%') {
      parts.push(`'%'`);
      continue;
    }
    if (kind === '') throw invalid('unterminated format() type specifier');
    const size = width?.startsWith('*') === true ? places.take(widthPlace).text : width;
    if (!'sIL'.includes(kind)) {
      throw invalid(`unrecognized format() type specifier "${kind}"`);
    }
    const text = spelled(kind, textOutput(places.take(place), context));
    parts.push(size === undefined ? text : filled(text, size, left !== ''));
  }
  if (at < format.length) parts.push(textLiteral(format.slice(at)));
  return parts.length === 0 ? `''` : `(${parts.join(' || ')})`;
}

/** A format that is known only with its row: pieces are read one after the other, counting the arguments that they take. */
function computedFormat(
  format: string,
  args: readonly TemplateArgument[],
  context: TemplateContext,
): string {
  const texts = args.map((argument) => textOutput(argument, context));
  const list = texts.length === 0 ? 'CAST([] AS VARCHAR[])' : `[${texts.join(', ')}]`;
  return reuse([format, list], (f, values) => {
    const pieces = `list_transform(regexp_extract_all(${f}, '%(?:[0-9]+\\$)?.?|[^%]+', 0, 's'), lambda p_: {'t': p_, 'n': 0::BIGINT})`;
    const number = `CASE WHEN contains(p_.t, '$') THEN CAST(regexp_extract(p_.t, '[0-9]+') AS BIGINT) ELSE a_.n + 1 END`;
    const value = `list_extract(${values}, ${number})`;
    const checked = `CASE WHEN ${number} = 0 THEN CAST(${raise('invalidParameterValue', 'format specifies argument 0, but arguments are numbered from 1')} AS VARCHAR) WHEN ${number} > len(${values}) THEN CAST(${raise('invalidParameterValue', TOO_FEW)} AS VARCHAR) WHEN p_.t[-1] = 's' THEN coalesce(${value}, '') WHEN p_.t[-1] = 'L' THEN coalesce(${quoteLiteral(value)}, 'NULL') ELSE coalesce(${quoteIdent(value)}, CAST(${nullIdentifier} AS VARCHAR)) END`;
    const step = `CASE WHEN p_.t[1] <> '%' THEN {'t': a_.t || p_.t, 'n': a_.n} WHEN p_.t = '%%' THEN {'t': a_.t || '%', 'n': a_.n}
      WHEN NOT regexp_full_match(p_.t, '%(?:[0-9]+\\$)?[sIL]') THEN CAST(${raise('featureNotSupported', 'a format() that is no constant takes %s, %I, %L and %% only')} AS STRUCT(t VARCHAR, n BIGINT))
      ELSE {'t': a_.t || ${checked}, 'n': ${number}} END`;
    return `CASE WHEN ${f} IS NOT NULL THEN list_reduce(list_prepend({'t': '', 'n': 0::BIGINT}, ${pieces}), lambda a_, p_: ${step}).t END`;
  });
}

/** format(text, ...). */
export const formatTemplate: Template = ([format, ...args], context) => {
  if (format === undefined) return refuse('format() needs a format.');
  return format.constant === undefined
    ? computedFormat(format.text, args, context)
    : constantFormat(format.constant, args, context);
};
