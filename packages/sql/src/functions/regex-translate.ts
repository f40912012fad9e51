import { QueryError } from '../errors.ts';
import { refuse } from './template-parts.ts';

/** A PostgreSQL regular expression (ARE) in RE2's syntax. */
export interface TranslatedRegex {
  /** With its options in front: `(?s)..` since PostgreSQL's `.` and `[^x]` match a newline. */
  readonly re2: string;
  /** Capturing groups. */
  readonly groups: number;
  /**
   * Both engines find the same text: PostgreSQL prefers the longest match, RE2 the first in the pattern's order. True for
   * concatenations of single characters and classes with all greedy or all lazy quantifiers, with literal alternatives of
   * which none begins another. Without it only the question whether there is a match has one answer.
   */
  readonly sameExtent: boolean;
  readonly matchesEmpty: boolean;
  /** Every branch begins with the text's beginning: there is one match at most. */
  readonly once: boolean;
}

/** What PostgreSQL's classes hold in the locale C.UTF-8; RE2's own are ASCII only. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '\\p{L}\\p{Nl}0-9_',
  s: '\\t-\\r \\x{85}\\p{Z}',
  alpha: '\\p{L}\\p{Nl}',
  alnum: '\\p{L}\\p{Nl}0-9',
  digit: '0-9',
  space: '\\t-\\r \\x{85}\\p{Z}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  blank: ' \\t',
  xdigit: '0-9A-Fa-f',
};

const CONTROL: Readonly<Record<string, string>> = {
  n: '\\n',
  t: '\\t',
  r: '\\r',
  f: '\\f',
  v: '\\v',
  a: '\\a',
  b: '\\x08',
  B: '\\\\',
};

function invalid(message: string): never {
  throw new QueryError('invalidRegularExpression', `invalid regular expression: ${message}`);
}

function quoteCharacter(character: string): string {
  return /[\\^$.[\]|()?*+{}-]/.test(character) ? `\\${character}` : character;
}

/**
 * Translates a constant pattern. Flags: i, c, s, g (ignored here). Throws featureNotSupported for what RE2 lacks
 * (back-references, lookaround) or reads otherwise, invalidRegularExpression for what PostgreSQL refuses too.
 */
export function translateRegex(pattern: string, flags = ''): TranslatedRegex {
  let insensitive = false;
  for (const flag of flags) {
    if (flag === 'i') insensitive = true;
    else if (flag === 'c') insensitive = false;
    else if (flag !== 's' && flag !== 'g') {
      if ('bemnpqtwx'.includes(flag))
        refuse(`The regular expression flag "${flag}" is not supported.`);
      throw new QueryError('invalidParameterValue', `invalid regular expression option: "${flag}"`);
    }
  }
  let rest = pattern;
  if (rest.startsWith('***')) refuse('Regular expression directors (***) are not supported.');
  if (rest.startsWith('(?i)')) {
    insensitive = true;
    rest = rest.slice(4);
  } else if (/^\(\?[a-z]+\)/.test(rest))
    refuse('Embedded regular expression options other than (?i) are not supported.');

  let out = '';
  let groups = 0;
  let greedy = false;
  let lazy = false;
  let sameExtent = true;
  /** Each open group: where it began, and the literal branches so far (undefined: not only literals). */
  interface Frame {
    readonly capturing: boolean;
    branches: (string | undefined)[];
    /** Whether each branch can match the empty text. */
    empty: boolean[];
    /** Whether each branch begins with the text's beginning. */
    once: boolean[];
  }
  const frames: Frame[] = [{ capturing: false, branches: [''], empty: [true], once: [false] }];
  let atom: 'single' | 'group' | 'none' = 'none';
  let atomEmpty = false;
  const top = (): Frame => frames[frames.length - 1] ?? invalid('unbalanced parentheses');
  const literal = (text: string | undefined): void => {
    const frame = top();
    const last = frame.branches.length - 1;
    const before = frame.branches[last];
    frame.branches[last] = before === undefined || text === undefined ? undefined : before + text;
  };
  const consumes = (mayBeEmpty: boolean): void => {
    const frame = top();
    const last = frame.empty.length - 1;
    frame.empty[last] = (frame.empty[last] ?? true) && mayBeEmpty;
  };
  const begins = (): void => {
    const { branches, once } = top();
    const last = branches.length - 1;
    if (branches[last] === '') once[last] = true;
  };
  const single = (text: string, plain?: string): void => {
    out += text;
    atom = 'single';
    atomEmpty = false;
    const after = /^.[^]*$/s.test(rest) && /^(?:[*+?]|\{\d)/.test(rest);
    literal(after ? undefined : plain);
    if (!after) consumes(false);
  };
  const closeAlternation = (frame: Frame): void => {
    if (frame.branches.length === 1) return;
    const { branches } = frame;
    const clash = branches.some(
      (branch, index) =>
        branch === undefined ||
        branches.some((other, place) => place !== index && other?.startsWith(branch) === true),
    );
    if (clash) sameExtent = false;
  };
  while (rest !== '') {
    const quantifier = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(rest);
    if (quantifier !== null) {
      if (atom === 'none') invalid('quantifier operand invalid');
      const [text, least, range, most] = quantifier;
      if (Number(least ?? 0) > 255 || Number(most === '' ? 0 : (most ?? 0)) > 255)
        invalid('invalid repetition count(s)');
      const variable = least === undefined || (range !== undefined && most !== least);
      const isLazy = text.length > 1 && text.endsWith('?');
      if (variable && isLazy) lazy = true;
      if (variable && !isLazy) greedy = true;
      if (atom === 'group') sameExtent = false;
      const optional = text.startsWith('*') || text.startsWith('?') || Number(least ?? 1) === 0;
      consumes(optional || atomEmpty);
      out += text;
      rest = rest.slice(text.length);
      atom = 'none';
      literal(undefined);
      continue;
    }
    const [character = ''] = rest;
    rest = rest.slice(character.length);
    switch (character) {
      case '|':
        out += '|';
        top().branches.push('');
        top().empty.push(true);
        top().once.push(false);
        atom = 'none';
        break;
      case '(': {
        if (rest.startsWith('?:')) {
          rest = rest.slice(2);
          out += '(?:';
          frames.push({ capturing: false, branches: [''], empty: [true], once: [false] });
        } else if (rest.startsWith('?')) {
          refuse('Lookahead and lookbehind in regular expressions are not supported.');
        } else {
          groups += 1;
          out += '(';
          frames.push({ capturing: true, branches: [''], empty: [true], once: [false] });
        }
        atom = 'none';
        break;
      }
      case ')': {
        if (frames.length === 1) invalid('parentheses () not balanced');
        const frame = frames.pop();
        if (frame === undefined) break;
        closeAlternation(frame);
        out += ')';
        atom = 'group';
        atomEmpty = frame.empty.some((empty) => empty);
        literal(undefined);
        if (!/^(?:[*+?]|\{\d)/.test(rest)) consumes(atomEmpty);
        break;
      }
      case '^':
      case '$':
        if (character === '^') begins();
        out += character === '^' ? '\\A' : '\\z';
        atom = 'none';
        literal(undefined);
        break;
      case '[': {
        const [text, length] = bracket(rest);
        rest = rest.slice(length);
        single(text);
        break;
      }
      case '.':
        single('.');
        break;
      case '\\': {
        const [escaped = ''] = rest;
        if (escaped === '') invalid('invalid escape \\ sequence');
        rest = rest.slice(escaped.length);
        if (/[1-9]/.test(escaped))
          refuse('Back-references in regular expressions are not supported.');
        const control = CONTROL[escaped];
        const unicode = escaped === 'u' ? /^[0-9A-Fa-f]{4}/.exec(rest)?.[0] : undefined;
        if (
          escaped === 'A' ||
          escaped === 'Z' ||
          escaped === 'y' ||
          escaped === 'Y' ||
          escaped === 'm' ||
          escaped === 'M'
        ) {
          if (escaped === 'A') begins();
          out += { A: '\\A', Z: '\\z', y: '\\b', Y: '\\B', m: '\\b', M: '\\b' }[escaped];
          if (escaped === 'm' && !/^(?:[A-Za-z0-9_]|\\[wd])/.test(rest))
            refuse('\\m is supported only before a word character.');
          if (
            escaped === 'M' &&
            !/(?:[A-Za-z0-9_]|\\[wd])[+]?\\M$/.test(pattern.slice(0, pattern.length - rest.length))
          ) {
            refuse('\\M is supported only after a word character.');
          }
          atom = 'none';
          literal(undefined);
        } else if (/[dws]/.test(escaped)) single(`[${CLASSES[escaped] ?? ''}]`);
        else if (/[DWS]/.test(escaped)) single(`[^${CLASSES[escaped.toLowerCase()] ?? ''}]`);
        else if (control !== undefined) single(control);
        else if (unicode !== undefined) {
          rest = rest.slice(4);
          single(`\\x{${unicode}}`);
        } else if (/[A-Za-z0-9]/.test(escaped))
          refuse(`The escape \\${escaped} in regular expressions is not supported.`);
        else single(quoteCharacter(escaped), escaped);
        break;
      }
      default: {
        // A surrogate pair is one character.
        const code = character.charCodeAt(0);
        let whole = character;
        if (code >= 0xd800 && code < 0xdc00) {
          whole += rest.slice(0, 1);
          rest = rest.slice(1);
        }
        single(quoteCharacter(whole), whole);
      }
    }
  }
  if (frames.length > 1) invalid('parentheses () not balanced');
  const [whole] = frames;
  if (whole !== undefined) closeAlternation(whole);
  return {
    re2: `(?s${insensitive ? 'i' : ''})${out}`,
    groups,
    sameExtent: sameExtent && !(greedy && lazy),
    matchesEmpty: whole?.empty.some((empty) => empty) ?? true,
    once: whole?.once.every((once) => once) ?? false,
  };
}

/** Reads a bracket expression after its `[`: its RE2 text, and how much of `rest` it took. */
function bracket(rest: string): readonly [string, number] {
  let at = 0;
  let out = '[';
  if (rest[at] === '^') {
    out += '^';
    at += 1;
  }
  for (let first = true; ; first = false) {
    const character = rest[at];
    if (character === undefined) invalid('brackets [] not balanced');
    if (character === ']' && !first) return [`${out}]`, at + 1];
    const named = /^\[:([a-z]+):\]/.exec(rest.slice(at));
    if (named !== null) {
      const members = CLASSES[named[1] ?? ''];
      out += members ?? refuse(`The character class [:${named[1] ?? ''}:] is not supported.`);
      at += named[0].length;
      continue;
    }
    if (/^\[[.=:]/.test(rest.slice(at)))
      refuse('Collating elements in regular expressions are not supported.');
    if (character === '\\') {
      const escaped = rest[at + 1] ?? '';
      at += 2;
      if (/[dws]/.test(escaped)) out += CLASSES[escaped] ?? '';
      else if (CONTROL[escaped] !== undefined) out += CONTROL[escaped];
      else if (/[A-Za-z0-9]/.test(escaped))
        refuse(`The escape \\${escaped} in regular expressions is not supported.`);
      else out += quoteCharacter(escaped);
      continue;
    }
    // A hyphen between two characters is a range in both; elsewhere it stands for itself.
    const range = character === '-' && !first && rest[at + 1] !== ']' && rest[at + 1] !== undefined;
    out += range ? '-' : quoteCharacter(character);
    at += 1;
  }
}
