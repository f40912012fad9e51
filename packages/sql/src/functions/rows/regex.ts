import type { FunctionEntry, Template, TemplateArgument } from '../function-entry.ts';
import { translateRegex } from '../regex-translate.ts';
import type { TranslatedRegex } from '../regex-translate.ts';
import { fn, op, tableFn } from '../signature.ts';
import { raise, refuse, requireConstant, reuse, textLiteral } from '../template-parts.ts';

function regexOf(
  pattern: TemplateArgument | undefined,
  flags: TemplateArgument | undefined,
  always = '',
): TranslatedRegex {
  const text = requireConstant(pattern, 'A regular expression');
  return translateRegex(
    text,
    (flags === undefined ? '' : requireConstant(flags, 'Regular expression flags')) + always,
  );
}

/** For what depends on which text matches. */
function extentOf(
  pattern: TemplateArgument | undefined,
  flags?: TemplateArgument,
): TranslatedRegex {
  const regex = regexOf(pattern, flags);
  if (!regex.sameExtent) {
    refuse(
      'This regular expression may match another text in the engine than in PostgreSQL.',
      'Avoid quantified groups, a mixture of greedy and lazy quantifiers, and alternatives that begin alike.',
    );
  }
  return regex;
}

function nonEmpty(
  pattern: TemplateArgument | undefined,
  flags?: TemplateArgument,
): TranslatedRegex {
  const regex = extentOf(pattern, flags);
  if (regex.matchesEmpty)
    refuse('A regular expression that matches the empty text is not supported here.');
  return regex;
}

/** For what depends on every match: with empty ones among them the engines count otherwise, unless there is one match at most. */
function everyMatchOf(
  pattern: TemplateArgument | undefined,
  flags?: TemplateArgument,
): TranslatedRegex {
  const regex = extentOf(pattern, flags);
  return regex.once ? regex : nonEmpty(pattern, flags);
}

/**
 * Patterns that PostgreSQL and RE2 read alike wherever only it counts whether they match: characters, dots, anchors, alternatives,
 * groups and plain brackets, each with one quantifier at most.
 */
const READ_ALIKE = String.raw`(?:(?:[^\\\[\](){}*+?|^$.]|[.)]|\[\^?[^\\\[\]:=.]+\])(?:[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?|[|^$(])*`;
const unread = raise(
  'featureNotSupported',
  'a regular expression that is no constant takes characters, dots, anchors, groups, plain brackets and quantifiers only',
);

/** A pattern that is known only with its row. */
function computedMatch(text: string, pattern: string, ignoreCase: boolean): string {
  return reuse(
    [text, pattern],
    (t, p) =>
      `CASE WHEN ${p} IS NULL OR ${t} IS NULL THEN NULL WHEN regexp_full_match(${p}, ${textLiteral(READ_ALIKE)}) THEN regexp_matches(${t}, '(?s${ignoreCase ? 'i' : ''})' || ${p}) ELSE CAST(${unread} AS BOOLEAN) END`,
  );
}

const matches =
  (negated: boolean, always = ''): Template =>
  ([text, pattern, flags]) => {
    const found =
      pattern?.constant === undefined && pattern !== undefined && flags === undefined
        ? computedMatch(text?.text ?? 'NULL', pattern.text, always === 'i')
        : `regexp_matches(${text?.text ?? 'NULL'}, ${textLiteral(regexOf(pattern, flags, always).re2)})`;
    return negated ? `(NOT ${found})` : found;
  };

/** `\&` is the whole match and `\1`..`\9` groups; any other backslash stands for itself. */
function replacementText(text: string, groups: number): string {
  return text.replace(/\\(.?)/gs, (_, next: string) => {
    if (next === '&') return '\\0';
    if (next === '\\') return '\\\\';
    if (/[1-9]/.test(next)) return Number(next) <= groups ? `\\${next}` : '';
    return `\\\\${next}`;
  });
}

const replaced: Template = ([text, pattern, replacement, flags]) => {
  const everywhere = flags?.constant?.includes('g') === true;
  const regex = everywhere ? everyMatchOf(pattern, flags) : extentOf(pattern, flags);
  const by = replacementText(
    requireConstant(replacement, 'The replacement of regexp_replace()'),
    regex.groups,
  );
  return `regexp_replace(${text?.text ?? 'NULL'}, ${textLiteral(regex.re2)}, ${textLiteral(by)}${everywhere && !regex.once ? `, 'g'` : ''})`;
};

/** The groups' texts of the first match, or its whole text where there is no group. */
function captured(text: string, regex: TranslatedRegex): string {
  const pattern = textLiteral(regex.re2);
  const numbers =
    regex.groups === 0 ? [0] : Array.from({ length: regex.groups }, (_, index) => index + 1);
  return `[${numbers.map((number) => `regexp_extract(${text}, ${pattern}, ${number})`).join(', ')}]`;
}

const matched: Template = ([text, pattern, flags]) => {
  const regex = extentOf(pattern, flags);
  if (flags?.constant?.includes('g') === true)
    refuse('regexp_match() does not take the flag g: use regexp_matches().');
  return reuse(
    [text?.text ?? 'NULL'],
    (value) =>
      `CASE WHEN regexp_matches(${value}, ${textLiteral(regex.re2)}) THEN ${captured(value, regex)} END`,
  );
};

const matchedRows: Template = ([text, pattern, flags]) => {
  const everywhere = flags?.constant?.includes('g') === true;
  const regex = everywhere ? everyMatchOf(pattern, flags) : extentOf(pattern, flags);
  if (!everywhere || regex.once) {
    return reuse(
      [text?.text ?? 'NULL'],
      (value) =>
        `CASE WHEN regexp_matches(${value}, ${textLiteral(regex.re2)}) THEN [${captured(value, regex)}] ELSE [] END`,
    );
  }
  const re2 = textLiteral(regex.re2);
  return reuse([text?.text ?? 'NULL'], (value) => {
    if (regex.groups === 0)
      return `list_transform(regexp_extract_all(${value}, ${re2}), lambda m_: [m_])`;
    const groups = Array.from(
      { length: regex.groups },
      (_, index) => `regexp_extract_all(${value}, ${re2}, ${index + 1})[m_]`,
    );
    return `list_transform(range(1, len(regexp_extract_all(${value}, ${re2})) + 1), lambda m_: [${groups.join(', ')}])`;
  });
};

const split: Template = ([text, pattern, flags]) =>
  `string_split_regex(${text?.text ?? 'NULL'}, ${textLiteral(nonEmpty(pattern, flags).re2)})`;

/** The first match, or its first group where `group` is 1. */
const found =
  (group: 'whole' | 'first'): Template =>
  ([text, pattern]) => {
    const regex = extentOf(pattern);
    const re2 = textLiteral(regex.re2);
    const number = group === 'first' && regex.groups > 0 ? 1 : 0;
    return reuse(
      [text?.text ?? 'NULL'],
      (value) =>
        `CASE WHEN regexp_matches(${value}, ${re2}) THEN regexp_extract(${value}, ${re2}, ${number}) END`,
    );
  };

export const regexRows: readonly FunctionEntry[] = [
  op('text ~ text -> bool', { duckdb: matches(false) }),
  op('text ~* text -> bool', { duckdb: matches(false, 'i') }),
  op('text !~ text -> bool', { duckdb: matches(true) }),
  op('text !~* text -> bool', { duckdb: matches(true, 'i') }),
  fn('regexp_like(text, text) -> bool', { duckdb: matches(false) }),
  fn('regexp_like(text, text, text) -> bool', { duckdb: matches(false) }),
  fn('regexp_replace(text, text, text) -> text', { duckdb: replaced }),
  fn('regexp_replace(text, text, text, text) -> text', { duckdb: replaced }),
  fn('regexp_match(text, text) -> text[]', { duckdb: matched }),
  fn('regexp_match(text, text, text) -> text[]', { duckdb: matched }),
  tableFn('regexp_matches(text, text) -> text[]', { duckdb: matchedRows }),
  tableFn('regexp_matches(text, text, text) -> text[]', { duckdb: matchedRows }),
  fn('regexp_split_to_array(text, text) -> text[]', { duckdb: split }),
  fn('regexp_split_to_array(text, text, text) -> text[]', { duckdb: split }),
  tableFn('regexp_split_to_table(text, text) -> text', { duckdb: split }),
  tableFn('regexp_split_to_table(text, text, text) -> text', { duckdb: split }),
  fn('regexp_substr(text, text) -> text', { duckdb: found('whole') }),
  fn('substring(text, text) -> text', {
    duckdb: found('first'),
    postgres: 'substring({0} FROM {1})',
  }),
  fn('regexp_count(text, text) -> int4', {
    duckdb: ([text, pattern]) => {
      const regex = everyMatchOf(pattern);
      const re2 = textLiteral(regex.re2);
      const value = text?.text ?? 'NULL';
      return regex.once
        ? `CAST(regexp_matches(${value}, ${re2}) AS INTEGER)`
        : `CAST(len(regexp_extract_all(${value}, ${re2})) AS INTEGER)`;
    },
  }),
  fn('regexp_instr(text, text) -> int4', {
    duckdb: ([text, pattern]) => {
      const regex = everyMatchOf(pattern);
      const re2 = textLiteral(regex.re2);
      if (regex.once) return `CAST(regexp_matches(${text?.text ?? 'NULL'}, ${re2}) AS INTEGER)`;
      return reuse(
        [text?.text ?? 'NULL'],
        (value) =>
          `CASE WHEN regexp_matches(${value}, ${re2}) THEN CAST(length(string_split_regex(${value}, ${re2})[1]) + 1 AS INTEGER) WHEN ${value} IS NOT NULL THEN 0 END`,
      );
    },
  }),
];
