/** How a function differs from PostgreSQL on purpose. */
export interface KnownDifference {
  /** Names of functions and operators as in the catalog; a type where it is about values. */
  readonly names: readonly string[];
  /** `refused`: an error where PostgreSQL answers. `differs`: another answer. `fails`: an error while running. */
  readonly effect: 'refused' | 'differs' | 'fails';
  readonly what: string;
  readonly why: string;
}

/** Every listed exception to "the same answer as PostgreSQL", for the documentation. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    names: ['upper'],
    effect: 'differs',
    what: "upper('ß') is 'ẞ'.",
    why: 'The engine maps this letter to its capital form; PostgreSQL (C.UTF-8) leaves it.',
  },
  {
    names: ['right'],
    effect: 'differs',
    what: 'right(text, -2147483648) is empty.',
    why: 'PostgreSQL negates the smallest integer and returns the whole text.',
  },
  {
    names: ['format'],
    effect: 'refused',
    what: 'Widths (%10s, %-10s, %*s) and formats that are not constant.',
    why: 'A constant format is compiled into a concatenation.',
  },
  {
    names: ['encode', 'decode'],
    effect: 'refused',
    what: "The format 'escape', and formats that are not constant.",
    why: 'The engine has no such encoding.',
  },
  {
    names: ['convert_from', 'convert_to'],
    effect: 'refused',
    what: 'Encodings other than UTF8.',
    why: 'All text is UTF-8.',
  },
  {
    names: ['extract', 'date_part', 'date_trunc'],
    effect: 'refused',
    what: 'Units that are not constant; julian of timestamps.',
    why: "The unit decides the result's digits and the engine's text.",
  },
  {
    names: ['extract', 'date_part'],
    effect: 'differs',
    what: 'Fields of infinity are NULL (year, epoch and the like are Infinity in PostgreSQL).',
    why: 'A numeric of the engine has no infinity.',
  },
  {
    names: ['timezone'],
    effect: 'refused',
    what: 'Zones given as POSIX rules or rare abbreviations; zones that are not constant must be database names or UTC.',
    why: "The engine's zone names are ICU's.",
  },
  {
    names: ['make_interval', 'to_timestamp'],
    effect: 'differs',
    what: 'Fractions of a microsecond may round the other way at a tie.',
    why: 'Binary fractions are scaled in another order.',
  },
  {
    names: ['date_bin'],
    effect: 'refused',
    what: 'Strides that are not constant.',
    why: 'Months must be refused before the query runs.',
  },
  {
    names: ['date', 'timestamp'],
    effect: 'differs',
    what: "Dates before year 1 as text end in ' (BC)' inside expressions.",
    why: "It is the engine's cast; results sent to clients have PostgreSQL's form.",
  },
  {
    names: ['to_char'],
    effect: 'refused',
    what: 'Date patterns TZ, OF, BC, RM, TH, Y,YYY and one- to three-letter ISO years; number patterns other than 9, 0, comma, point and FM; intervals; formats that are not constant; NaN and infinity.',
    why: "The format is compiled into the engine's text.",
  },
  {
    names: ['to_char'],
    effect: 'differs',
    what: 'YYYY of years before 1 or after 9999 is not padded as in PostgreSQL.',
    why: "The year is printed by the engine's strftime.",
  },
  {
    names: ['to_date', 'to_timestamp'],
    effect: 'fails',
    what: 'Texts that do not have the full width of each pattern, or have trailing text.',
    why: 'PostgreSQL guesses; guessing wrong would give another moment.',
  },
  {
    names: ['to_number'],
    effect: 'fails',
    what: 'Texts with more than digits, commas, a sign and a point, or longer than the format.',
    why: 'PostgreSQL drops what does not fit.',
  },
  {
    names: ['datediff'],
    effect: 'refused',
    what: 'Weeks.',
    why: 'Redshift counts weeks from Sunday, the engine from Monday.',
  },
  {
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
    what: 'Patterns that are not constant; back-references, lookaround, directors, collating elements, rare escapes, flags other than i, c, s, g.',
    why: 'RE2 does not have them.',
  },
  {
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
    what: 'Quantified groups, greedy beside lazy quantifiers, alternatives that begin alike; where every match counts, patterns that match the empty text.',
    why: 'PostgreSQL takes the longest match, RE2 the first in the order of the pattern.',
  },
  {
    names: ['~', 'regexp_replace'],
    effect: 'differs',
    what: '\\y, \\Y, \\m and \\M see word borders only beside ASCII letters, digits and underscore.',
    why: "RE2's borders are ASCII.",
  },
  {
    names: [
      '->',
      '#>',
      'json_extract_path',
      'to_json',
      'json_build_object',
      'json_build_array',
      'json_each',
      'json_array_elements',
    ],
    effect: 'differs',
    what: 'json and jsonb values inside expressions are written without white space; numbers lose trailing zeros and exponents (1.10 is 1.1), repeated keys and key order stay.',
    why: 'The engine rewrites the values it extracts.',
  },
  {
    names: ['->>', '#>>', 'json_extract_path_text', 'json_array_elements_text', 'json_each_text'],
    effect: 'differs',
    what: "Objects and arrays as text have the engine's spelling; numbers lose trailing zeros (1.10 gives '1.1').",
    why: 'The engine rewrites the values it extracts.',
  },
  {
    names: ['->', '->>'],
    effect: 'differs',
    what: "An index into a jsonb scalar gives NULL ('5'::jsonb -> 0 is 5 in PostgreSQL).",
    why: 'PostgreSQL stores a scalar as an array of one.',
  },
  {
    names: ['->', '->>'],
    effect: 'refused',
    what: 'The empty key.',
    why: "The engine's paths have no empty member.",
  },
  {
    names: ['json_each', 'json_object_keys'],
    effect: 'differs',
    what: 'A repeated key of a json value gives its first value each time.',
    why: 'The engine reads members by key.',
  },
  {
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
];
