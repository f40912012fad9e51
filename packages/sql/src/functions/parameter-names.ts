/** A parameter of a function that may be given by name. */
export interface NamedParameter {
  readonly name: string;
  /** What stands for it where it is left out. */
  readonly fallback?: number | boolean;
  /** An overload without it exists. */
  readonly optional?: true;
}

const named = (...names: readonly string[]): readonly NamedParameter[] =>
  names.map((name) => ({ name }));

/** PostgreSQL's names (pg_proc.proargnames) of the functions that have some. */
const PARAMETERS: Readonly<Record<string, readonly NamedParameter[]>> = {
  make_interval: named('years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs').map((each) => ({
    ...each,
    fallback: 0,
  })),
  make_date: named('year', 'month', 'day'),
  make_time: named('hour', 'min', 'sec'),
  make_timestamp: named('year', 'month', 'mday', 'hour', 'min', 'sec'),
  make_timestamptz: [
    ...named('year', 'month', 'mday', 'hour', 'min', 'sec'),
    { name: 'timezone', optional: true },
  ],
  jsonb_set: [
    ...named('jsonb_in', 'path', 'replacement'),
    { name: 'create_if_missing', fallback: true },
  ],
};

/** The parameters of a function by position; undefined where PostgreSQL gives them no names. */
export function parametersNamed(name: string): readonly NamedParameter[] | undefined {
  return Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
}
