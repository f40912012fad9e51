import type { DefElem, Node, TypeName } from '@pgsql/types';
import { QueryError } from '../errors.ts';
import type { QualifiedName, Statement } from '../statement.ts';
import { typeFromName } from '../types/type-info.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { ParsedTree } from './parse-tree.ts';
import { checkCopyDirection, copiedTable, copiedTableText, copyFormat } from './copy-statement.ts';
import { createTableAsParts } from './create-table-as.ts';
import { grantStatement } from './grant-statement.ts';
import { insertParts, nameOf } from './insert-statement.ts';
import { sessionStatement } from './session-statement.ts';
import { sourcePosition } from './source-position.ts';
import type { Token } from './token.ts';

/** Where a statement stands: the whole text and the statement's own tokens. */
export interface StatementSource {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** The statement's text and offset, as every statement carries them. */
export function statementBase({ text, tokens }: StatementSource): { text: string; offset: number } {
  const offset = tokens[0]?.start ?? 0;
  return { text: text.slice(offset, tokens.at(-1)?.end ?? offset), offset };
}

export function stringOf(node: Node | undefined): string {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : '';
}

const DATA_STATEMENTS: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
};

/** Statements whose second word says what they do. */
const TWO_WORDS = new Set(
  'create alter drop comment import reassign security refresh set'.split(' '),
);

function wordAt({ text, tokens }: StatementSource, at: number): string {
  const token = tokens[at];
  return token?.kind === 'word' ? text.slice(token.start, token.end) : '';
}

/** The refusal of a statement that is not in the allow-list, by the name it has in SQL. */
export function notSupported(source: StatementSource, node?: Node): QueryError {
  const tag = node === undefined ? '' : (Object.keys(node)[0] ?? '');
  const first = wordAt(source, 0).toUpperCase();
  const second = TWO_WORDS.has(first.toLowerCase()) ? wordAt(source, 1).toUpperCase() : '';
  const name = DATA_STATEMENTS[tag] ?? `${first} ${second}`.trim();
  return new QueryError('featureNotSupported', `${name} is not supported`, {
    position: sourcePosition(source.text, source.tokens[0]?.start ?? 0),
  });
}

function unsupportedClause(source: StatementSource, clause: string): QueryError {
  return new QueryError('featureNotSupported', `${clause} is not supported`, {
    position: sourcePosition(source.text, source.tokens[0]?.start ?? 0),
  });
}

/** The tokens after the first `keyword` outside brackets. */
function tokensAfter(source: StatementSource, keyword: string): StatementSource {
  let depth = 0;
  const at = source.tokens.findIndex((token, index) => {
    const char = source.text[token.start];
    if (token.kind === 'punctuation') depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    return depth === 0 && index > 0 && wordAt(source, index).toLowerCase() === keyword;
  });
  return { text: source.text, tokens: source.tokens.slice(at + 1) };
}

/** The tokens between the first bracket and the one that closes it. */
function inBrackets({ text, tokens }: StatementSource): StatementSource {
  const open = tokens.findIndex((token) => text[token.start] === '(');
  let depth = 0;
  const close = tokens.findIndex((token, index) => {
    if (index < open || token.kind !== 'punctuation') return false;
    const char = text[token.start];
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    return depth === 0;
  });
  return { text, tokens: tokens.slice(open + 1, close < 0 ? undefined : close) };
}

/** The tokens of what EXPLAIN explains. */
function explained(source: StatementSource, hasOptions: boolean): StatementSource {
  const { text, tokens } = source;
  let at = 1;
  if (hasOptions && text[tokens[1]?.start ?? 0] === '(') {
    while (at < tokens.length && text[tokens[at]?.start ?? 0] !== ')') at++;
    at++;
  } else while (['analyze', 'analyse', 'verbose'].includes(wordAt(source, at).toLowerCase())) at++;
  return { text, tokens: tokens.slice(at) };
}

function optionText(option: DefElem): string | undefined {
  const arg = option.arg;
  if (arg === undefined) return undefined;
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Integer' in arg) return String(arg.Integer.ival ?? 0);
  if ('Boolean' in arg) return String(arg.Boolean.boolval ?? false);
  return '';
}

function booleanOption(name: string, text: string | undefined): boolean {
  if (text === undefined || /^(?:true|on|1)$/i.test(text)) return true;
  if (/^(?:false|off|0)$/i.test(text)) return false;
  throw new QueryError('syntaxError', `${name} requires a Boolean value`);
}

/** Options of EXPLAIN that change nothing here. */
const IGNORED_EXPLAIN_OPTIONS = new Set(
  'costs buffers timing summary settings wal memory serialize'.split(' '),
);

function explainStatement(
  query: Node,
  options: readonly Node[],
  tree: ParsedTree,
  source: StatementSource,
): Statement {
  let analyze = false;
  let verbose = false;
  let format: 'text' | 'json' = 'text';
  for (const node of options) {
    if (!('DefElem' in node)) continue;
    const name = node.DefElem.defname ?? '';
    const text = optionText(node.DefElem);
    if (name === 'analyze') analyze = booleanOption(name, text);
    else if (name === 'verbose') verbose = booleanOption(name, text);
    else if (name === 'format') {
      const wanted = (text ?? '').toLowerCase();
      if (wanted !== 'text' && wanted !== 'json')
        throw new QueryError('featureNotSupported', `EXPLAIN format "${wanted}" is not supported`, {
          hint: 'Formats: text, json.',
        });
      format = wanted;
    } else if (!IGNORED_EXPLAIN_OPTIONS.has(name))
      throw new QueryError('syntaxError', `unrecognized EXPLAIN option "${name}"`);
  }
  const inner = explained(source, options.length > 0);
  const statement = statementFromTree({ node: query, qualify: tree.qualify }, inner);
  return { ...statementBase(source), kind: 'explain', statement, analyze, verbose, format };
}

function typeOf(name: TypeName): SqlType {
  const typmods = (name.typmods ?? []).map((node) => {
    if ('A_Const' in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0;
    throw new QueryError('syntaxError', 'type modifiers must be integers');
  });
  return typeFromName((name.names ?? []).map(stringOf), typmods, (name.arrayBounds ?? []).length);
}

/** Bits of DeclareCursorStmt.options (PostgreSQL, parsenodes.h). */
const CURSOR_BINARY = 1;
const CURSOR_SCROLL = 2;
const CURSOR_HOLD = 0x20;

/**
 * The statement of a tree. The tags handled here and in `sessionStatement` are the allow-list.
 *
 * @throws QueryError featureNotSupported naming any other statement.
 */
export function statementFromTree(tree: ParsedTree, source: StatementSource): Statement {
  const { node, qualify } = tree;
  const base = statementBase(source);
  if ('SelectStmt' in node) return { ...base, kind: 'select', tree: node.SelectStmt, qualify };
  if ('ExplainStmt' in node && node.ExplainStmt.query !== undefined)
    return explainStatement(node.ExplainStmt.query, node.ExplainStmt.options ?? [], tree, source);
  if ('CallStmt' in node && node.CallStmt.funccall !== undefined) {
    const { funcname, args } = node.CallStmt.funccall;
    return { ...base, kind: 'call', name: (funcname ?? []).map(stringOf), args: args ?? [] };
  }
  if ('ViewStmt' in node) {
    const { view, query, replace, aliases, options, withCheckOption } = node.ViewStmt;
    if (query === undefined || !('SelectStmt' in query) || view === undefined)
      throw notSupported(source, node);
    if (view.relpersistence === 't') throw unsupportedClause(source, 'CREATE TEMPORARY VIEW');
    if (tokensBefore(source, 'recursive', 'view'))
      throw unsupportedClause(source, 'CREATE RECURSIVE VIEW');
    if (options !== undefined) throw unsupportedClause(source, 'CREATE VIEW WITH (...)');
    if (withCheckOption !== undefined && withCheckOption !== 'NO_CHECK_OPTION')
      throw unsupportedClause(source, 'WITH CHECK OPTION');
    return {
      ...base,
      kind: 'createView',
      name: nameOf(view),
      replace: replace ?? false,
      ...(aliases === undefined ? {} : { columns: aliases.map(stringOf) }),
      query: query.SelectStmt,
      queryText: statementBase(tokensAfter(source, 'as')).text,
    };
  }
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_VIEW') {
    const names = (node.DropStmt.objects ?? []).map((object): QualifiedName =>
      'List' in object ? (object.List.items ?? []).map(stringOf) : [stringOf(object)],
    );
    return { ...base, kind: 'dropView', names, ifExists: node.DropStmt.missing_ok ?? false };
  }
  if ('PrepareStmt' in node && node.PrepareStmt.query !== undefined) {
    const { name = '', argtypes = [], query } = node.PrepareStmt;
    const parameterTypes = argtypes.map((type) => typeOf('TypeName' in type ? type.TypeName : {}));
    const statement = statementFromTree({ node: query, qualify }, tokensAfter(source, 'as'));
    return { ...base, kind: 'prepare', name, parameterTypes, statement };
  }
  if ('DeclareCursorStmt' in node && node.DeclareCursorStmt.query !== undefined) {
    const { portalname: name = '', options = 0, query } = node.DeclareCursorStmt;
    if ((options & CURSOR_SCROLL) !== 0) throw unsupportedClause(source, 'DECLARE SCROLL CURSOR');
    const statement = statementFromTree({ node: query, qualify }, tokensAfter(source, 'for'));
    const hold = (options & CURSOR_HOLD) !== 0;
    const binary = (options & CURSOR_BINARY) !== 0;
    return { ...base, kind: 'declareCursor', name, hold, binary, statement };
  }
  if ('CopyStmt' in node) {
    checkCopyDirection(node.CopyStmt);
    const { query, options = [] } = node.CopyStmt;
    const format = copyFormat(options);
    if (query === undefined) {
      const copied = { kind: 'select', tree: copiedTable(node.CopyStmt), qualify: false } as const;
      const statement = { ...copied, text: copiedTableText(node.CopyStmt), offset: base.offset };
      return { ...base, kind: 'copy', statement, format };
    }
    const statement = statementFromTree({ node: query, qualify }, inBrackets(source));
    return { ...base, kind: 'copy', statement, format };
  }
  if ('InsertStmt' in node) {
    const { query, ...insert } = insertParts(node.InsertStmt);
    const statement = { ...base, kind: 'select', tree: query, qualify } as const;
    return { ...base, kind: 'insert', ...insert, statement };
  }
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.objtype === 'OBJECT_TABLE') {
    const { query, ...table } = createTableAsParts(node.CreateTableAsStmt);
    const statement = { ...base, kind: 'select', tree: query, qualify } as const;
    return { ...base, kind: 'createTableAs', ...table, options: new Map(), statement };
  }
  if ('GrantStmt' in node) return { ...base, ...grantStatement(node.GrantStmt) };
  if ('GrantRoleStmt' in node) {
    throw new QueryError('featureNotSupported', 'roles are not granted by statements', {
      hint: 'Who has which roles is configured: auth.users.',
    });
  }
  const session = sessionStatement(node);
  if (session === undefined) throw notSupported(source, node);
  return { ...base, ...session };
}

function tokensBefore(source: StatementSource, word: string, end: string): boolean {
  for (let at = 0; at < source.tokens.length; at++) {
    const found = wordAt(source, at).toLowerCase();
    if (found === word) return true;
    if (found === end) return false;
  }
  return false;
}
