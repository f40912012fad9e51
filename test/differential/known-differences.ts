import { difference } from './compare.ts';
import type { Answer } from './sides.ts';
import type { GeneratedStatement } from './statements.ts';

/** A statement that the two sides answered differently. */
export interface Divergence {
  readonly statement: GeneratedStatement;
  readonly postgres: Answer;
  readonly tributary: Answer;
}

/** One way in which answers differ from PostgreSQL's on purpose or for want of a means. */
export interface KnownDifference {
  readonly topic: string;
  /** Functions and operators that it is about; none: any expression. */
  readonly names: readonly string[];
  /** `refused`: an error before the statement runs. `differs`: another answer. `fails`: an error while it runs. */
  readonly effect: 'refused' | 'differs' | 'fails';
  readonly what: string;
  readonly why: string;
  /** Whether a divergence is this one; absent: a refusal or failure of one of the names. */
  readonly recognise?: (divergence: Divergence) => boolean;
}

function sqlstate(answer: Answer): string {
  return 'sqlstate' in answer ? answer.sqlstate : '';
}

function message(answer: Answer): string {
  return 'sqlstate' in answer ? answer.message : '';
}

function answers(answer: Answer): boolean {
  return !('sqlstate' in answer);
}

function uses({ statement }: Divergence, names: readonly string[]): boolean {
  return names.some((name) => statement.names.has(name));
}

/** The answers are the same once every value is spelled by `spell`. */
function sameSpelled(divergence: Divergence, spell: (value: string) => string): boolean {
  const respelled = (answer: Answer): Answer =>
    'sqlstate' in answer
      ? answer
      : {
          ...answer,
          rows: answer.rows.map((row) =>
            row.map((value) => (value === null ? null : spell(value))),
          ),
        };
  const { postgres, tributary, statement } = divergence;
  return difference(respelled(postgres), respelled(tributary), statement) === undefined;
}

function withoutTrailingZeros(value: string): string {
  return value.replace(/(\d)\.(\d*?)0+(?!\d)/g, '$1.$2').replace(/(\d)\.(?!\d)/g, '$1');
}

function compactJson(value: string): string {
  return withoutTrailingZeros(value.replace(/([[{,:]) +/g, '$1').replace(/ +([\]}:])/g, '$1'));
}

const MOMENTS = [
  ...[
    'stddev',
    'stddev_samp',
    'stddev_pop',
    'variance',
    'var_samp',
    'var_pop',
    'corr',
    'covar_pop',
  ],
  ...['covar_samp', 'regr_avgx', 'regr_avgy', 'regr_sxx', 'regr_syy', 'regr_sxy', 'regr_slope'],
  ...['regr_r2', 'regr_intercept'],
];

/** Functions that write any value as text: a numeric's trailing zeros become part of a longer text. */
const TEXT_OF_VALUES = ['array_to_string', 'concat', 'concat_ws', 'format', '||', 'length', 'md5'];

const JSON_TEXTS = [
  ...['->>', '#>>', 'json_extract_path_text', 'jsonb_extract_path_text'],
  ...['json_array_elements_text', 'jsonb_array_elements_text'],
];

const JSON_VALUES = [
  ...['->', '#>', 'json_extract_path', 'jsonb_extract_path', 'to_json', 'to_jsonb', 'json_agg'],
  ...[
    'jsonb_agg',
    'json_object_agg',
    'jsonb_object_agg',
    'json_build_object',
    'jsonb_build_object',
  ],
  ...['json_build_array', 'jsonb_build_array', 'json_array_elements', 'jsonb_array_elements'],
];

/** Every exception to "the same answer as PostgreSQL": docs/sql.md lists them, and the generated statements may differ by no other. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    topic: 'Expressions',
    names: [],
    effect: 'differs',
    what: 'Of values that are equal and look different (the intervals 1 mon and 30 days, the floats 0 and -0), GREATEST, LEAST, min, max, DISTINCT, GROUP BY and set operations may give another one.',
    why: 'The engine keeps another of equal values.',
    recognise: (divergence) => {
      const { sql } = divergence.statement;
      if (!answers(divergence.postgres) || !answers(divergence.tributary)) return false;
      if (/DISTINCT|GROUP BY|UNION|INTERSECT|EXCEPT|GREATEST|LEAST|\b(min|max)\(/.test(sql)) {
        if (sameSpelled(divergence, (value) => (value === '-0' ? '0' : value))) return true;
      }
      return (
        /GREATEST|LEAST|DISTINCT|GROUP BY|\b(min|max)\(/.test(sql) &&
        /interval|\.iv/.test(sql) &&
        sameSpelled(divergence, (value) => value.replace(/\b1 mon\b/g, '30 days'))
      );
    },
  },
  {
    topic: 'Formatting',
    names: ['format', 'to_char', 'to_date', 'to_timestamp', 'to_number', 'regexp_replace'],
    effect: 'fails',
    what: 'A constant format or pattern that is wrong is an error even where no row needs it.',
    why: 'It is compiled before the statement runs.',
  },
  {
    topic: 'Text',
    names: ['right'],
    effect: 'differs',
    what: 'right(text, -2147483648) is empty.',
    why: 'PostgreSQL negates the smallest integer and returns the whole text.',
  },
  {
    topic: 'Text',
    names: ['format'],
    effect: 'refused',
    what: 'Widths (%10s) in formats that are not constant.',
    why: 'A constant format is compiled into a concatenation, any other is read piece by piece.',
  },
  {
    topic: 'Text',
    names: ['encode', 'decode'],
    effect: 'refused',
    what: "The format 'escape', and formats that are not constant.",
    why: 'The engine has no such encoding.',
  },
  {
    topic: 'Text',
    names: ['convert_from', 'convert_to'],
    effect: 'refused',
    what: 'Encodings other than UTF8.',
    why: 'All text is UTF-8.',
  },
  {
    topic: 'Dates and times',
    names: ['extract', 'date_part', 'date_trunc'],
    effect: 'refused',
    what: 'Units that are not constant; julian of timestamps.',
    why: "The unit decides the result's digits and the engine's text.",
  },
  {
    topic: 'Dates and times',
    names: ['extract', 'date_part'],
    effect: 'differs',
    what: 'Fields of infinity are NULL (year, epoch and the like are Infinity in PostgreSQL).',
    why: 'A numeric of the engine has no infinity.',
  },
  {
    topic: 'Dates and times',
    names: ['timezone'],
    effect: 'refused',
    what: 'Zones given as POSIX rules or rare abbreviations; zones that are not constant must be database names or UTC.',
    why: "The engine's zone names are ICU's.",
  },
  {
    topic: 'Dates and times',
    names: ['make_interval', 'to_timestamp'],
    effect: 'differs',
    what: 'Fractions of a microsecond may round the other way at a tie.',
    why: 'Binary fractions are scaled in another order.',
  },
  {
    topic: 'Dates and times',
    names: ['date_bin'],
    effect: 'refused',
    what: 'Strides that are not constant.',
    why: 'Months must be refused before the query runs.',
  },
  {
    topic: 'Formatting',
    names: ['to_char'],
    effect: 'refused',
    what: 'Formats that are not constant; TZ in zones other than UTC, GMT and fixed offsets of Etc; RM, J and ISO weeks of intervals; V with more than 9 digits of integers.',
    why: "The format is compiled into the engine's text.",
  },
  {
    topic: 'Formatting',
    names: ['to_date', 'to_timestamp'],
    effect: 'fails',
    what: 'With plain text in the format, texts that do not have the full width of each pattern. Days of the year, weeks, quarters, Julian days, centuries, Y,YYY, SSSS, zones, FF1 to FF6, RM, FM, FX, TH and a field that stands twice are refused.',
    why: 'PostgreSQL guesses; guessing wrong would give another moment.',
  },
  {
    topic: 'Formatting',
    names: ['to_number'],
    effect: 'fails',
    what: 'Texts with more than digits, commas, a sign and a point, or longer than the format.',
    why: 'PostgreSQL drops what does not fit.',
  },
  {
    topic: 'Dates and times',
    names: ['datediff'],
    effect: 'refused',
    what: 'Weeks.',
    why: 'Redshift counts weeks from Sunday, the engine from Monday.',
  },
  {
    topic: 'Regular expressions',
    names: [
      '~',
      '~*',
      '!~',
      '!~*',
      'regexp_like',
      'regexp_replace',
      'regexp_match',
      'regexp_matches',
      'regexp_split_to_array',
      'regexp_split_to_table',
      'regexp_substr',
      'regexp_count',
      'regexp_instr',
      'substring',
    ],
    effect: 'refused',
    what: 'Patterns that are not constant (~, ~*, !~, !~* and regexp_like take them as far as they are characters, dots, anchors, groups, plain brackets and quantifiers); back-references, lookaround, directors, collating elements, rare escapes, flags other than i, c, s, g.',
    why: 'RE2 does not have them.',
  },
  {
    topic: 'Regular expressions',
    names: [
      'regexp_replace',
      'regexp_match',
      'regexp_matches',
      'regexp_split_to_array',
      'regexp_split_to_table',
      'regexp_substr',
      'regexp_count',
      'regexp_instr',
      'substring',
    ],
    effect: 'refused',
    what: 'Quantified groups, greedy beside lazy quantifiers, alternatives that begin alike; where every match counts, patterns that match the empty text other than at the beginning (^).',
    why: 'PostgreSQL takes the longest match, RE2 the first in the order of the pattern.',
  },
  {
    topic: 'Regular expressions',
    names: ['~', 'regexp_replace'],
    effect: 'differs',
    what: '\\y, \\Y, \\m and \\M see word borders only beside ASCII letters, digits and underscore.',
    why: "RE2's borders are ASCII.",
  },
  {
    topic: 'JSON',
    names: JSON_VALUES,
    effect: 'differs',
    what: 'json values that are taken out of others are written without white space, and so are jsonb values where they become text or json inside an expression; numbers lose trailing zeros and exponents (1.10 is 1.1), repeated keys and key order stay. Results of type jsonb are spelled as by PostgreSQL.',
    why: 'The engine rewrites the values it extracts.',
    recognise: (divergence) =>
      /json|\.jb?\b/.test(divergence.statement.sql) && sameSpelled(divergence, compactJson),
  },
  {
    topic: 'JSON',
    names: JSON_TEXTS,
    effect: 'differs',
    what: "Objects and arrays as text have the engine's spelling; numbers lose trailing zeros (1.10 gives '1.1').",
    why: 'The engine rewrites the values it extracts.',
    recognise: (divergence) =>
      uses(divergence, JSON_TEXTS) && answers(divergence.postgres) && answers(divergence.tributary),
  },
  {
    topic: 'JSON',
    names: ['->', '->>'],
    effect: 'differs',
    what: "An index into a jsonb scalar gives NULL ('5'::jsonb -> 0 is 5 in PostgreSQL).",
    why: 'PostgreSQL stores a scalar as an array of one.',
    recognise: (divergence) =>
      uses(divergence, ['->', '->>']) &&
      /jsonb|\.jb/.test(divergence.statement.sql) &&
      answers(divergence.tributary),
  },
  {
    topic: 'JSON',
    names: ['jsonb_set', '#-'],
    effect: 'refused',
    what: 'Paths that are not constant, or longer than 8 steps.',
    why: 'Each step is written into the text that the engine runs.',
  },
  {
    topic: 'JSON',
    names: ['json_each', 'json_object_keys'],
    effect: 'differs',
    what: 'A repeated key of a json value gives its first value each time.',
    why: 'The engine reads members by key.',
  },
  {
    topic: 'Arrays',
    names: [
      'array_length',
      'array_upper',
      'array_lower',
      'array_ndims',
      'cardinality',
      'array_to_string',
    ],
    effect: 'refused',
    what: 'Nested arrays.',
    why: 'They are lists of lists, not arrays of several dimensions.',
  },
  {
    topic: 'JSON',
    names: ['<', '<=', '>', '>='],
    effect: 'refused',
    what: 'The order (<, <=, >, >=) of two jsonb arrays, or two objects, of the same size that are not equal; that of numbers alike in 15 digits. Equality compares texts without white space, so 1.0 and 1 are different, and a text column cast to jsonb is equal only in the same order of keys. GROUP BY, DISTINCT and ORDER BY of jsonb do the same.',
    why: 'The engine keeps JSON as text and has no recursion.',
    recognise: ({ tributary }) => /of the same size have no order/.test(message(tributary)),
  },
  {
    topic: 'Dates and times',
    names: ['interval'],
    effect: 'fails',
    what: 'Infinite intervals, age() of infinite moments, and moments and intervals beyond the range of the engine fail or are NULL; dates that PostgreSQL has no room for (before 4714 BC) are answered.',
    why: "The engine's intervals are finite; its dates and timestamps have other bounds.",
    recognise: ({ statement, postgres, tributary }) =>
      (answers(postgres) &&
        /^22(003|008)/.test(sqlstate(tributary)) &&
        /interval|date|timestamp/.test(message(tributary))) ||
      (answers(tributary) && /^(date|timestamp) out of range/.test(message(postgres))) ||
      (/infinity/i.test(statement.sql) && /infinity/.test(JSON.stringify(postgres))),
  },
  {
    topic: 'Text',
    names: ['bpchar'],
    effect: 'differs',
    what: 'GROUP BY, DISTINCT and set operations of char(n) columns compare trailing blanks.',
    why: 'Files hold such columns as plain text; only comparisons and sorting cut them.',
    recognise: () => false,
  },
  {
    topic: 'Text',
    names: [],
    effect: 'differs',
    what: 'Text compares and sorts by its bytes (collation C); COLLATE is refused.',
    why: 'One order for every source. Letters change case by Unicode.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'refused',
    what: 'TABLESAMPLE, FOR UPDATE, SELECT INTO, bit strings, XML, SQL/JSON constructors (json_object with a colon, JSON_TABLE), multidimensional arrays, ranges, composite types, inserts, updates and deletes.',
    why: 'They are outside of what an analytical query over a lake needs.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'refused',
    what: 'COPY FROM, COPY to files and programs, COPY in encodings other than UTF8 and SQL_ASCII; SCROLL cursors and FETCH backward (55000).',
    why: 'Rows are streamed from the engine: they cannot be read a second time.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'refused',
    what: 'System catalogs joined with other tables where they would give more than 100,000 values (54000), and functions over them that only the catalogs have (pg_get_viewdef, format_type); alone they are answered in full.',
    why: 'The catalog rows become part of the statement that the engine runs.',
    recognise: () => false,
  },
  {
    topic: 'Dates and times',
    names: [],
    effect: 'differs',
    what: 'DateStyle, IntervalStyle, extra_float_digits and bytea_output shape the values that are sent; casts to text inside a statement keep the default forms. DateStyle says how dates are sent; dates that come in are read as months first, and setting an order alone sets the ISO style.',
    why: 'Casts run in the engine, which has one form of each.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'refused',
    what: 'More than 100 relations in one FROM, subqueries in expressions nested more than 12 deep, more than 500 WITH queries, views nested more than 32 deep, statements nested more than 500 levels or longer than 1 MiB (54001).',
    why: 'The time the engine takes to plan them grows without a bound.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'refused',
    what: 'SIMILAR TO with a pattern that is not a literal, or with separators; VARIADIC of an array that is no ARRAY[...], except in concat, concat_ws and json_extract_path; IS JSON WITH UNIQUE KEYS.',
    why: 'Patterns are translated to the regular expressions of the engine before it runs.',
    recognise: () => false,
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'differs',
    what: 'A parameter whose type nothing determines is text where PostgreSQL refuses the statement (42P18), and in substring($1, $2, $3) the last two are integers where PostgreSQL takes them as patterns.',
    why: 'Clients prepare such statements; substring with an escape is not available.',
    recognise: () => false,
  },
  {
    topic: 'Numbers',
    names: [],
    effect: 'differs',
    what: 'A numeric that comes from values of different scales (UNION, CASE, COALESCE, GREATEST, arrays, lag with a default), from a parameter, or from text or a float, is shown without trailing zeros: 1.5 where PostgreSQL shows 1.50. scale() of it is that of its column.',
    why: "A column of the engine has one scale; PostgreSQL's values carry their own.",
    recognise: (divergence) =>
      uses(divergence, ['scale']) ||
      sameSpelled(divergence, withoutTrailingZeros) ||
      (uses(divergence, TEXT_OF_VALUES) &&
        answers(divergence.postgres) &&
        answers(divergence.tributary) &&
        /ARRAY\[|array_|COALESCE|CASE|LEAST|GREATEST/.test(divergence.statement.sql) &&
        /numeric|p\.[nm]\b/.test(divergence.statement.sql)),
  },
  {
    topic: 'Numbers',
    names: ['/', 'avg', 'stddev', 'variance', 'sqrt', 'exp', 'ln', 'log', 'power', '^'],
    effect: 'differs',
    what: 'A numeric quotient has 16 to 20 places (PostgreSQL chooses by the value); averages, deviations, roots, powers and logarithms of numerics have 16 places, of which about 15 digits are significant.',
    why: 'Quotients are 128-bit integers, the others are computed as doubles. Statements that use them are compared to 11 digits.',
    recognise: () => false,
  },
  {
    topic: 'Numbers',
    names: ['+', '-', '*', '/', 'power', 'exp', 'sum'],
    effect: 'differs',
    what: 'Floats that overflow are Infinity and floats that underflow are 0, without the error 22003.',
    why: 'The engine follows IEEE 754; a test of every result would cost more than the arithmetic.',
    recognise: ({ postgres, tributary }) =>
      answers(tributary) &&
      sqlstate(postgres) === '22003' &&
      /overflow|underflow/.test(message(postgres)),
  },
  {
    topic: 'Numbers',
    names: MOMENTS,
    effect: 'differs',
    what: 'Deviations, variances, correlations and regressions of values that do not vary are exactly that (0 or NULL) where PostgreSQL may answer by what its sums round off. Where the inputs differ by many orders of magnitude, fewer digits agree; sums of squares beyond the range of a float fail with 22003.',
    why: 'The engine sums in another order and refuses results that are not finite.',
    recognise: (divergence) => {
      const { postgres, tributary } = divergence;
      if (!uses(divergence, MOMENTS)) return false;
      return answers(tributary) ? answers(postgres) : sqlstate(tributary) === '22003';
    },
  },
  {
    topic: 'Numbers',
    names: [],
    effect: 'fails',
    what: 'Numerics of more than 38 digits, and sums, products and casts that would need more (22003). A numeric from text, a float or a parameter has at most 23 digits before and 15 after the point. NaN and infinity are no numerics here.',
    why: "The engine's DECIMAL has 38 digits.",
    recognise: ({ postgres, tributary }) =>
      answers(postgres) &&
      sqlstate(tributary) === '22003' &&
      /numeric|value out of range|does not fit/i.test(message(tributary)),
  },
  {
    topic: 'Expressions',
    names: [],
    effect: 'differs',
    what: 'An error of an expression that decides nothing may not appear: an argument of count(), a format() argument without a place, a branch or subquery that no row reaches, a side of AND or OR.',
    why: 'PostgreSQL computes constant expressions while it plans, needed or not; the engine computes what it needs, in its own order.',
    recognise: ({ postgres, tributary }) =>
      answers(tributary) &&
      /^22(?!003)|^220|^22003/.test(sqlstate(postgres)) &&
      !/overflow|underflow/.test(message(postgres)),
  },
  {
    topic: 'Expressions',
    names: [],
    effect: 'fails',
    what: 'An error of a row that decides nothing may appear: a quantified subquery is computed whole although an earlier row already decides it, both sides of AND and OR, the arguments of a call with a NULL.',
    why: 'The engine works on columns, not row by row.',
    recognise: ({ statement, postgres, tributary }) =>
      answers(postgres) &&
      /^22/.test(sqlstate(tributary)) &&
      /\(SELECT | AND | OR |CASE |NULL|IN \(|ANY|ALL|COALESCE/.test(statement.sql),
  },
  {
    topic: 'Statements',
    names: [],
    effect: 'differs',
    what: "A whole row (a table's name as a value) is a record, not of a type of the table's name; rows have no min and max, and rows of one column or array have the same types. ROW() without fields is refused. Structs of lake tables are sent as json.",
    why: 'Relations have no composite types here.',
    recognise: () => false,
  },
  {
    topic: 'Expressions',
    names: ['pg_typeof'],
    effect: 'differs',
    what: 'pg_typeof() of a literal without a type is text (unknown in PostgreSQL).',
    why: 'Literals have the type of their context before the call is seen.',
    recognise: () => false,
  },
];

/** The entry that a divergence falls under; undefined: a defect. */
export function recognise(divergence: Divergence): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find((known) => {
    if (known.recognise !== undefined) return known.recognise(divergence);
    const { tributary, postgres } = divergence;
    if (!uses(divergence, known.names)) return false;
    if (known.effect === 'refused') return sqlstate(tributary) === '0A000';
    if (known.effect === 'fails') return answers(postgres) && /^22/.test(sqlstate(tributary));
    return false;
  });
}
