import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { allEntries } from '@tributary/sql';
import type { FunctionEntry } from '@tributary/sql';
import { typeText } from './expressions.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

export const SQL_DOCS = join(import.meta.dirname, '../../docs/sql.md');

const EFFECTS = {
  refused: 'refused',
  differs: 'another answer',
  fails: 'an error while running',
} as const;

/** Topics in the order of the page: the first that takes an entry has it. */
const TOPICS: readonly (readonly [title: string, takes: (entry: FunctionEntry) => boolean])[] = [
  ['Aggregates', ({ kind }) => kind === 'aggregate' || kind === 'orderedSet'],
  ['Window functions', ({ kind }) => kind === 'window'],
  ['Functions that return rows', ({ kind }) => kind === 'table'],
  ['Comparison', ({ name }) => ['=', '<>', '<', '<=', '>', '>='].includes(name)],
  ['JSON', (entry) => entry.name.includes('json') || mentions(entry, /^jsonb?$/)],
  ['Regular expressions and LIKE', ({ name }) => /^regexp_|^!?~|^like_/.test(name)],
  ['Arrays', (entry) => mentions(entry, /array|\[\]/)],
  [
    'Dates and times',
    (entry) => mentions(entry, /^(date|time|timetz|timestamp|timestamptz|interval)$/),
  ],
  ['Conversion and any type', (entry) => mentions(entry, /^any/)],
  ['Text and bytes', (entry) => mentions(entry, /^(text|name|bytea|bpchar|uuid)$/)],
  ['Numbers', () => true],
];

function mentions(entry: FunctionEntry, pattern: RegExp): boolean {
  return [...entry.args, entry.returns].some((type) => pattern.test(typeText(type)));
}

/** `left(text, int4) -> text`, `int4 + int4 -> int4`. */
function signature(entry: FunctionEntry): string {
  const args = entry.args.map(typeText);
  const [left = '', right] = args;
  const returns = typeText(entry.returns);
  if (entry.kind === 'operator') {
    const call = right === undefined ? `${entry.name} ${left}` : `${left} ${entry.name} ${right}`;
    return `${call} -> ${returns}`;
  }
  const list = args.map((type, index) =>
    entry.variadic && index === args.length - 1 ? `${type}, ...` : type,
  );
  const rows = entry.outputs?.map(({ name, type }) => `${name} ${typeText(type)}`).join(', ');
  return `${entry.name}(${list.join(', ')}) -> ${rows === undefined ? returns : `(${rows})`}`;
}

/** Overloads of one name on one line: `abs`: `(int2) -> int2`, ... */
function functionLines(entries: readonly FunctionEntry[]): readonly string[] {
  const byName = new Map<string, string[]>();
  for (const entry of entries) {
    const list = byName.get(entry.name) ?? [];
    list.push(`\`${signature(entry)}\``);
    byName.set(entry.name, list);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, signatures]) => `- ${[...new Set(signatures)].join(', ')}`);
}

function differenceLines(): readonly string[] {
  const topics = [...new Set(KNOWN_DIFFERENCES.map(({ topic }) => topic))].sort();
  return topics.flatMap((topic) => [
    `### ${topic}`,
    '',
    ...KNOWN_DIFFERENCES.filter((known) => known.topic === topic).map(
      ({ names, effect, what, why }) =>
        `- ${names.length === 0 ? '' : `${names.map((name) => `\`${name}\``).join(', ')}: `}${what} *${EFFECTS[effect]}* — ${why}`,
    ),
    '',
  ]);
}

/** The page docs/sql.md: what a statement may call, and where the answer is not PostgreSQL's. */
export async function sqlDocs(): Promise<string> {
  const rest = new Set(allEntries());
  const sections = TOPICS.flatMap(([title, takes]) => {
    const taken = [...rest].filter(takes);
    taken.forEach((entry) => rest.delete(entry));
    return [`### ${title}`, '', ...functionLines(taken), ''];
  });
  const text = [
    '# SQL',
    '',
    "Tributary reads PostgreSQL's SQL: SELECT with joins, LATERAL, CTEs (also recursive), set operations, grouping sets, window",
    'functions with frames, DISTINCT ON and QUALIFY. Names, types, implicit casts, overloads and NULLs follow PostgreSQL 18.',
    '',
    'This page is written by `npm run docs:sql` from the function catalog and from the list of known differences. Generated',
    'statements are compared with a real PostgreSQL (`test/differential`); they may differ by nothing else than what is listed here.',
    '',
    '## Where answers differ from PostgreSQL',
    '',
    ...differenceLines(),
    '## Functions and operators',
    '',
    'What is not listed is refused by name. COALESCE, NULLIF, GREATEST, LEAST, CASE, IN, BETWEEN, IS DISTINCT FROM, ANY and ALL',
    'take every comparable type.',
    '',
    ...sections,
  ].join('\n');
  const options = (await resolveConfig(SQL_DOCS)) ?? {};
  return format(text, { ...options, parser: 'markdown' });
}

/** Whether the committed page is what the script writes. */
export async function isCurrent(): Promise<boolean> {
  return (await readFile(SQL_DOCS, 'utf8').catch(() => '')) === (await sqlDocs());
}

if (process.argv[1] === import.meta.filename) await writeFile(SQL_DOCS, await sqlDocs());
