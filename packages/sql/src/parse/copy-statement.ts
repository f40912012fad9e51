import type { CopyStmt, DefElem, Node, SelectStmt } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { CopyFormat } from '../statement.ts';

/** Options of COPY by name, each at most once. */
type Options = ReadonlyMap<string, DefElem>;

const FROM_ONLY: ReadonlySet<string> = new Set([
  'freeze',
  'force_not_null',
  'force_null',
  'default',
  'on_error',
  'log_verbosity',
  'reject_limit',
]);

const KNOWN: ReadonlySet<string> = new Set([
  ...['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote', 'encoding'],
  ...FROM_ONLY,
]);

function invalid(message: string): QueryError {
  return new QueryError('invalidParameterValue', message);
}

function unsupported(message: string): QueryError {
  return new QueryError('featureNotSupported', message);
}

/**
 * Refuses what is no `COPY .. TO STDOUT`.
 *
 * @throws QueryError featureNotSupported, insufficientPrivilege
 */
export function checkCopyDirection(stmt: CopyStmt): void {
  if (stmt.is_from === true)
    throw new QueryError('featureNotSupported', 'COPY FROM is not supported', {
      hint: 'Tables are read from the files below their location: write files there.',
    });
  if (stmt.is_program === true || stmt.filename !== undefined)
    throw new QueryError(
      'insufficientPrivilege',
      `permission denied to COPY to ${stmt.is_program === true ? 'an external program' : 'a file'}`,
      { hint: "Use COPY ... TO STDOUT, or psql's \\copy." },
    );
}

/** `COPY table (columns) TO` as the query that it stands for. */
export function copiedTable({ relation = {}, attlist }: CopyStmt): SelectStmt {
  const columns: Node[] = attlist ?? [{ A_Star: {} }];
  return {
    targetList: columns.map((column) => ({
      ResTarget: { val: { ColumnRef: { fields: [column] } } },
    })),
    fromClause: [{ RangeVar: relation }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
}

/** The text of `copiedTable`'s query. */
export function copiedTableText({ relation = {}, attlist }: CopyStmt): string {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const columns = attlist?.map((column) =>
    'String' in column ? quoted(column.String.sval ?? '') : '*',
  );
  const name = [relation.catalogname, relation.schemaname, relation.relname]
    .filter((part) => part !== undefined)
    .map(quoted)
    .join('.');
  return `SELECT ${columns?.join(', ') ?? '*'} FROM ${name}`;
}

/**
 * The form that the options of a COPY TO ask for. Rules and messages are PostgreSQL 18's (ProcessCopyOptions in copy.c).
 *
 * @throws QueryError syntaxError, invalidParameterValue, featureNotSupported
 */
export function copyFormat(nodes: readonly Node[]): CopyFormat {
  const options = collect(nodes);
  const name = textOption(options, 'format') ?? 'text';
  if (name !== 'text' && name !== 'csv' && name !== 'binary')
    throw invalid(`COPY format "${name}" not recognized`);
  checkEncoding(textOption(options, 'encoding'));
  for (const [option] of options)
    if (FROM_ONLY.has(option))
      throw invalid(`COPY ${option.toUpperCase()} cannot be used with COPY TO`);
  if (name === 'binary') {
    for (const option of ['delimiter', 'null'])
      if (options.has(option))
        throw new QueryError(
          'syntaxError',
          `cannot specify ${option.toUpperCase()} in BINARY mode`,
        );
    if (options.has('header')) throw unsupported('cannot specify HEADER in BINARY mode');
  }
  if (name !== 'csv')
    for (const option of ['quote', 'escape', 'force_quote'])
      if (options.has(option)) throw unsupported(`COPY ${option.toUpperCase()} requires CSV mode`);
  if (name === 'binary') return { kind: 'binary' };
  const csv = name === 'csv';
  const delimiter = textOption(options, 'delimiter') ?? (csv ? ',' : '\t');
  const nullText = textOption(options, 'null') ?? (csv ? '' : '\\N');
  const header = headerOption(options.get('header'));
  checkDelimiter(delimiter, csv);
  if (/[\r\n]/.test(nullText))
    throw invalid('COPY null representation cannot use newline or carriage return');
  if (nullText.includes(delimiter))
    throw invalid('COPY delimiter character must not appear in the NULL specification');
  if (!csv) return { kind: 'text', delimiter, nullText, header };
  const quote = textOption(options, 'quote') ?? '"';
  const escape = textOption(options, 'escape') ?? quote;
  checkOneByte('quote', quote);
  checkOneByte('escape', escape);
  if (quote === delimiter) throw invalid('COPY delimiter and quote must be different');
  if (nullText.includes(quote))
    throw invalid('CSV quote character must not appear in the NULL specification');
  const forceQuote = forceQuoteOption(options.get('force_quote'));
  return { kind: 'csv', delimiter, nullText, header, quote, escape, forceQuote };
}

function collect(nodes: readonly Node[]): Options {
  const options = new Map<string, DefElem>();
  for (const node of nodes) {
    if (!('DefElem' in node)) continue;
    const name = node.DefElem.defname ?? '';
    if (!KNOWN.has(name)) throw new QueryError('syntaxError', `option "${name}" not recognized`);
    if (options.has(name)) throw new QueryError('syntaxError', 'conflicting or redundant options');
    options.set(name, node.DefElem);
  }
  return options;
}

function textOption(options: Options, name: string): string | undefined {
  const option = options.get(name);
  if (option === undefined) return undefined;
  const { arg } = option;
  if (arg === undefined) throw new QueryError('syntaxError', `${name} requires a parameter`);
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Integer' in arg) return String(arg.Integer.ival ?? 0);
  if ('Float' in arg) return arg.Float.fval ?? '';
  throw new QueryError('syntaxError', `${name} requires a parameter`);
}

function headerOption(option: DefElem | undefined): boolean {
  if (option === undefined) return false;
  const { arg } = option;
  if (arg === undefined) return true;
  const text =
    'Boolean' in arg
      ? String(arg.Boolean.boolval ?? false)
      : 'Integer' in arg
        ? String(arg.Integer.ival ?? 0)
        : 'String' in arg
          ? (arg.String.sval ?? '').toLowerCase()
          : '';
  if (['true', 'on', '1'].includes(text)) return true;
  if (['false', 'off', '0'].includes(text)) return false;
  if (text === 'match') throw unsupported('cannot use "match" with HEADER in COPY TO');
  throw new QueryError('syntaxError', 'header requires a Boolean value or "match"');
}

function forceQuoteOption(option: DefElem | undefined): 'all' | readonly string[] {
  if (option === undefined) return [];
  const { arg } = option;
  if (arg !== undefined && 'A_Star' in arg) return 'all';
  if (arg !== undefined && 'List' in arg) {
    const names = (arg.List.items ?? []).map((item) =>
      'String' in item ? item.String.sval : undefined,
    );
    const known = names.filter((each) => each !== undefined);
    if (known.length === names.length) return known;
  }
  throw invalid('argument to option "force_quote" must be a list of column names');
}

function checkOneByte(what: string, text: string): void {
  if (Buffer.byteLength(text) !== 1)
    throw unsupported(`COPY ${what} must be a single one-byte character`);
}

function checkDelimiter(delimiter: string, csv: boolean): void {
  checkOneByte('delimiter', delimiter);
  if (delimiter === '\r' || delimiter === '\n')
    throw invalid('COPY delimiter cannot be newline or carriage return');
  if (!csv && /[\\.a-z0-9]/.test(delimiter))
    throw invalid(`COPY delimiter cannot be "${delimiter}"`);
}

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined) return;
  const name = encoding.replaceAll(/[-_\s]/g, '').toUpperCase();
  if (!['UTF8', 'UNICODE', 'SQLASCII'].includes(name))
    throw new QueryError('featureNotSupported', `COPY cannot write encoding "${encoding}"`, {
      hint: 'Only UTF8 and SQL_ASCII are available.',
    });
}
