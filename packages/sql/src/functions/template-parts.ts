import { ERRORS, QueryError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Template, TemplateArgument, TemplateContext } from './function-entry.ts';

/** A DuckDB text literal. */
export function textLiteral(value: string): string {
  if (!value.includes('\0')) return `'${value.replaceAll("'", "''")}'`;
  return `(${value
    .split('\0')
    .map((part) => textLiteral(part))
    .join(' || chr(0) || ')})`;
}

/** DuckDB text that fails with this code when it is evaluated. The engine turns the mark back into a QueryError. */
export function raise(code: ErrorCode, message: string): string {
  return `error(${textLiteral(`TRIBUTARY:${ERRORS[code].sqlstate}:${message}`)})`;
}

/** Refuses a call while it is printed: what the engine cannot compute as PostgreSQL does. */
export function refuse(message: string, hint?: string): never {
  throw new QueryError('featureNotSupported', message, hint === undefined ? {} : { hint });
}

/** The constant value of an argument, or a refusal that names the argument's role (`The format of to_char`). */
export function requireConstant(argument: TemplateArgument | undefined, role: string): string {
  if (argument?.constant === undefined) {
    refuse(`${role} must be a non-null constant here.`, 'Write it as a literal or a parameter.');
  }
  return argument.constant;
}

const CHEAP = /^(?:[A-Za-z_][A-Za-z0-9_.]*|"[^"]*"|-?\d{1,20}|'[^']{0,40}'|NULL)$/;
const LITERAL = /^(?:-?\d{1,20}|'[^']{0,40}'|NULL)$/;
const CHEAP_CAST = /^(?:CAST\((?:'[^']{0,40}'|-?\d{1,20}) AS [A-Z0-9_(), ]+\)|\(-\d{1,20}\))$/;

/**
 * Text in which every argument may stand several times without repeating its computation: columns and short literals are
 * repeated as they are, anything else is computed once, as the element of a one-row list.
 */
export function reuse(texts: readonly string[], body: (...names: string[]) => string): string {
  const costly = texts.flatMap((text, index) =>
    CHEAP.test(text) || CHEAP_CAST.test(text) ? [] : [index],
  );
  // Columns are elements too: in a subquery the engine finds no outer column inside a lambda.
  const captured = texts.flatMap((text, index) =>
    LITERAL.test(text) || CHEAP_CAST.test(text) ? [] : [index],
  );
  if (costly.length === 0) {
    const text = body(...texts);
    if (captured.length === 0 || !text.includes('lambda ')) return `(${text})`;
  }
  const scope = freshName(texts);
  const [only] = captured;
  if (captured.length === 1 && only !== undefined) {
    const names = texts.map((text, index) => (index === only ? scope : text));
    return `(list_transform([${texts[only] ?? ''}], lambda ${scope}: ${body(...names)}))[1]`;
  }
  const fields = captured.map((index) => `'v${index}': ${texts[index] ?? ''}`).join(', ');
  const names = texts.map((text, index) =>
    captured.includes(index) ? `${scope}.v${index}` : text,
  );
  return `(list_transform([{${fields}}], lambda ${scope}: ${body(...names)}))[1]`;
}

/**
 * Like `reuse` of one text, for a body that uses it only outside of lambdas of its own: a column then needs no lambda around them.
 * The engine runs one within another three times as slowly.
 */
export function reuseOutside(text: string, body: (name: string) => string): string {
  return CHEAP.test(text) || CHEAP_CAST.test(text) ? `(${body(text)})` : reuse([text], body);
}

/** A lambda parameter that none of the texts uses: depth grows with nesting. */
export function freshName(texts: readonly string[]): string {
  const joined = texts.join(' ');
  for (let depth = 0; ; depth += 1) {
    const name = `l${depth}_`;
    if (!joined.includes(name)) return name;
  }
}

/** A strict template whose body may use each argument several times: NULL where any argument is NULL. */
export function reusing(
  body: (names: readonly string[], context: TemplateContext) => string,
): Template {
  return reusingNulls((names, context) => whenPresent(names, body(names, context)));
}

/** Like `reusing`, but the body sees NULL arguments. */
export function reusingNulls(
  body: (names: readonly string[], context: TemplateContext) => string,
): Template {
  return (args, context) =>
    reuse(
      args.map((argument) => argument.text),
      (...names) => body(names, context),
    );
}

/** `body`, or NULL where one of the texts is NULL. Literals are not tested. */
export function whenPresent(texts: readonly string[], body: string): string {
  const tests = texts
    .filter((text) => !/^(?:CAST\('|'|-?\d|\(-?\d)/.test(text))
    .map((text) => `${text} IS NULL`);
  return tests.length === 0
    ? body
    : `CASE WHEN ${[...new Set(tests)].join(' OR ')} THEN NULL ELSE ${body} END`;
}
