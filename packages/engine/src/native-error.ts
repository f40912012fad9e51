import type { ErrorCode, QueryErrorOptions } from '@tributary/sql';
import { errorCodeOf, isQueryError, QueryError } from '@tributary/sql';
import { cancellation } from './admission-queue.ts';

/** What a rule makes of a native message: the code, the words for the user, a hint. */
interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

interface Rule {
  /** DuckDB's exception class as its messages begin; undefined: any. */
  readonly type?: string;
  readonly pattern: RegExp;
  readonly meaning: (match: RegExpExecArray) => Meaning;
}

/** DuckDB's physical type names, as its conversion errors print them, in PostgreSQL's words. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['INT8', 'smallint'],
  ['INT16', 'smallint'],
  ['INT32', 'integer'],
  ['UINT32', 'oid'],
  ['INT64', 'bigint'],
  // Text becomes a 128-bit integer only as a uuid.
  ['INT128', 'uuid'],
  ['FLOAT', 'real'],
  ['DOUBLE', 'double precision'],
  ['BOOL', 'boolean'],
  ['TIMESTAMP WITH TIME ZONE', 'timestamp with time zone'],
]);

function typeName(native: string): string {
  if (native.startsWith('DECIMAL')) return 'numeric';
  return TYPE_NAMES.get(native) ?? native.toLowerCase();
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

function notConvertible(text: string, native: string): Meaning {
  const type = typeName(native);
  if (NUMBER.test(text) && type !== 'boolean' && type !== 'uuid') {
    return type === 'numeric'
      ? { code: 'numericOutOfRange', message: 'numeric field overflow' }
      : {
          code: 'numericOutOfRange',
          message: `value "${text.trim()}" is out of range for type ${type}`,
        };
  }
  return {
    code: 'invalidTextRepresentation',
    message: `invalid input syntax for type ${type}: "${text}"`,
  };
}

/** PostgreSQL's words for a result that does not fit: "integer out of range". */
function outOfRange(native: string): Meaning {
  const message =
    native.startsWith('DECIMAL') || native === 'HUGEINT' || native === 'INT128'
      ? 'value overflows numeric format'
      : `${typeName(native)} out of range`;
  return { code: 'numericOutOfRange', message };
}

const say = (code: ErrorCode, message: string, hint?: string) => (): Meaning => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

const SPILL_HINT = 'Free space in the spill folder, or narrow the query.';
const MEMORY_HINT = 'Narrow the query, or raise server.memory in the configuration.';

/** First match wins. */
const RULES: readonly Rule[] = [
  {
    type: 'Conversion',
    pattern: /^Could not convert string ['"]([\s\S]*)['"] to ([A-Z]\w*(?:\(\d+,\d+\))?)/,
    meaning: ([, text = '', type = '']) => notConvertible(text, type),
  },
  {
    type: 'Conversion',
    pattern: /^Type \S+ with value [\s\S]* out of range for the destination type ([A-Z]\w*)/,
    meaning: ([, type = '']) => outOfRange(type),
  },
  {
    type: 'Conversion',
    pattern: /^Type VARCHAR with value '([\s\S]*)' can't be cast to the destination type .*\[\]/,
    meaning: ([, text = '']) => ({
      code: 'invalidTextRepresentation',
      message: `malformed array literal: "${text}"`,
    }),
  },
  {
    type: 'Conversion',
    pattern: /^Casting value .* to type DECIMAL/,
    meaning: say('numericOutOfRange', 'numeric field overflow'),
  },
  {
    type: 'Conversion',
    pattern: /^(?:date|time|timestamp) field value out of range: ("[\s\S]*?")(?:,|$)/,
    meaning: ([, text = '']) => ({
      code: 'datetimeOverflow',
      message: `date/time field value out of range: ${text}`,
    }),
  },
  {
    type: 'Conversion',
    pattern: /^invalid (date|timestamp|time) field format: ("[\s\S]*?"), expected/,
    meaning: ([, type = '', text = '']) => ({
      code: 'invalidDatetimeFormat',
      message: `invalid input syntax for type ${type}: ${text}`,
    }),
  },
  {
    type: 'Conversion',
    pattern: /^extract specifier ("[\s\S]*?") not recognized/,
    meaning: ([, text = '']) => ({
      code: 'invalidDatetimeFormat',
      message: `invalid input syntax for type interval: ${text}`,
    }),
  },
  {
    type: 'Conversion',
    pattern: /timestamp range|^Timestamp|Could not convert.*TIMESTAMP/,
    meaning: say('datetimeOverflow', 'timestamp out of range'),
  },
  {
    type: 'Conversion',
    pattern: /^Date out of range|date range/i,
    meaning: say('datetimeOverflow', 'date out of range'),
  },
  {
    type: 'Conversion',
    pattern: /interval.*out of range|out of range.*interval/i,
    meaning: say('datetimeOverflow', 'interval out of range'),
  },
  {
    pattern: /^Malformed JSON/,
    meaning: say('invalidTextRepresentation', 'invalid input syntax for type json'),
  },
  {
    type: 'Conversion',
    pattern: /blob/i,
    meaning: say('invalidTextRepresentation', 'invalid input syntax for type bytea'),
  },
  {
    type: 'Out of Range',
    pattern: /^Overflow in \w+ of ([A-Z]\w*)/,
    meaning: ([, type = '']) => outOfRange(type),
  },
  {
    type: 'Out of Range',
    pattern: /^Overflow on abs\((-?\d+)\)/,
    meaning: ([, value = '']) =>
      outOfRange(value === '-32768' ? 'INT16' : value === '-2147483648' ? 'INT32' : 'INT64'),
  },
  {
    type: 'Out of Range',
    pattern: /HUGEINT|DECIMAL/,
    meaning: say('numericOutOfRange', 'value overflows numeric format'),
  },
  {
    type: 'Out of Range',
    pattern: /^cannot take logarithm of (.*)/,
    meaning: ([, what = '']) => ({
      code: 'invalidArgumentForLogarithm',
      message: `cannot take logarithm of ${what}`,
    }),
  },
  {
    type: 'Out of Range',
    pattern: /^cannot take square root/,
    meaning: say('invalidArgumentForPower', 'cannot take square root of a negative number'),
  },
  {
    type: 'Out of Range',
    pattern: /interval/i,
    meaning: say('datetimeOverflow', 'interval out of range'),
  },
  {
    type: 'Out of Range',
    pattern: /date|timestamp/i,
    meaning: say('datetimeOverflow', 'timestamp out of range'),
  },
  {
    type: 'Out of Range',
    pattern: /(?:)/,
    meaning: say('numericOutOfRange', 'value out of range'),
  },
  {
    type: 'Invalid Input',
    pattern: /^More than one row returned by a subquery/,
    meaning: say(
      'cardinalityViolation',
      'more than one row returned by a subquery used as an expression',
    ),
  },
  {
    type: 'Invalid Input',
    // RE2's error texts.
    pattern:
      /^(missing \)|missing \]|missing argument|unexpected \)|invalid escape sequence|invalid character class|invalid repetition|no argument for repetition|bad repetition|invalid perl operator|invalid named capture|trailing \\|invalid UTF-8|pattern too large)/,
    meaning: ([text = '']) => ({
      code: 'invalidRegularExpression',
      message: `invalid regular expression: ${text}`,
    }),
  },
  {
    type: 'Invalid Input',
    pattern: /^Could not parse string ("[\s\S]*?") according to format/,
    meaning: ([, text = '']) => ({
      code: 'invalidDatetimeFormat',
      message: `invalid value for the date format: ${text}`,
    }),
  },
  {
    type: 'Invalid Input',
    pattern: /UTF-?8|Unicode/i,
    meaning: say('characterNotInRepertoire', 'invalid byte sequence for encoding "UTF8"'),
  },
  {
    type: 'Invalid Input',
    pattern: /magic bytes|parquet|corrupt|thrift/i,
    meaning: say(
      'incompatibleFile',
      'a data file cannot be read: it is damaged or of another format',
    ),
  },
  {
    type: 'Out of Memory',
    pattern: /max_temp_directory_size|offload/,
    meaning: say('diskFull', 'the query needs more spill space than is allowed', SPILL_HINT),
  },
  {
    type: 'Out of Memory',
    pattern: /(?:)/,
    meaning: say('outOfMemory', 'out of memory', MEMORY_HINT),
  },
  {
    type: 'Not implemented',
    pattern: /^Cannot perform non-inner join on subquery/,
    meaning: say(
      'featureNotSupported',
      'a subquery in the ON condition of an outer join that uses both sides is not supported',
      'Compute it in a subquery of one side, or move the condition to WHERE of an inner join.',
    ),
  },
  {
    type: 'IO',
    pattern: /No space left|disk full|max_temp_directory_size/i,
    meaning: say('diskFull', 'no space left on disk', SPILL_HINT),
  },
  {
    type: 'IO',
    pattern: /No files found|No such file|does not exist/i,
    meaning: say('sourceError', 'a data file vanished while the query ran'),
  },
  { type: 'IO', pattern: /(?:)/, meaning: say('sourceError', 'a data file could not be read') },
  {
    type: 'HTTP',
    pattern: /HTTP (40[134])/,
    meaning: ([, status = '']) => ({
      code: 'sourceError',
      message: `the object store refused a read (HTTP ${status})`,
    }),
  },
  {
    type: 'HTTP',
    pattern: /(?:)/,
    meaning: say('sourceUnavailable', 'the object store did not answer'),
  },
  {
    type: 'Permission',
    pattern: /(?:)/,
    meaning: say('insufficientPrivilege', 'access outside the configured sources is refused'),
  },
  {
    type: 'Conversion',
    pattern: /(?:)/,
    meaning: say('invalidTextRepresentation', 'a value cannot be converted to the wanted type'),
  },
  {
    type: 'Invalid Input',
    pattern: /(?:)/,
    meaning: say('dataException', 'invalid input for a function'),
  },
];

const RAISED = /^Invalid Input Error: TRIBUTARY:([0-9A-Z]{5}):([\s\S]*)$/;

/**
 * Wraps whatever the engine threw. Native texts may hold local paths, generated SQL or values of other rows, so the
 * message is built from known parts and the native error stays behind as `cause`.
 */
export function wrapNativeError(error: unknown, signal?: AbortSignal): QueryError {
  if (isQueryError(error)) return error;
  const native = nativeMessage(error);
  const raised = RAISED.exec(native);
  const code = errorCodeOf(raised?.[1] ?? '');
  if (raised !== null && code !== undefined) {
    return new QueryError(code, raised[2] ?? '', { cause: error });
  }
  const [, type = '', text = ''] = /^([\w ]+?) Error: ([\s\S]*)$/.exec(native) ?? [];
  if (type === 'INTERRUPT') return cancellation(signal, error);
  // The excerpt of the generated statement that follows says nothing to the user.
  const [message = ''] = text.split('\n\nLINE ');
  for (const rule of RULES) {
    if (rule.type !== undefined && rule.type !== type) continue;
    const match = rule.pattern.exec(message);
    if (match === null) continue;
    const meaning = rule.meaning(match);
    const options: QueryErrorOptions =
      meaning.hint === undefined ? { cause: error } : { cause: error, hint: meaning.hint };
    return new QueryError(meaning.code, meaning.message, options);
  }
  return new QueryError('internalError', 'the engine could not run the generated statement', {
    cause: error,
    hint: 'This is a defect of the server. Its log has the details.',
  });
}

function nativeMessage(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) {
    return String(error.message);
  }
  return String(error);
}
