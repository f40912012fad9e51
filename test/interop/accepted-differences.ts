import type { AnswerDifference } from './answer-difference.ts';

/** An answer that may differ from PostgreSQL's, and why. */
interface AcceptedDifference {
  /** Taken by statements whose text holds it. */
  readonly sql: RegExp;
  readonly in: AnswerDifference['in'];
  readonly why: string;
}

export const ACCEPTED_DIFFERENCES: readonly AcceptedDifference[] = [
  {
    sql: /\bnow\(\)|gen_random_uuid\(\)/,
    in: 'rows',
    why: 'The values differ from call to call.',
  },
  { sql: /\bversion\(\)/, in: 'rows', why: 'Each server tells of itself.' },
  {
    sql: /^show all|FROM pg_catalog\.pg_settings s|^select \* from pg_catalog\.pg_settings/,
    in: 'rows',
    why: 'Each server has its own settings.',
  },
  {
    sql: /show transaction.isolation/i,
    in: 'rows',
    why: 'A transaction sees one version of the catalog: repeatable read is what it gets.',
  },
  {
    sql: /FROM pg_catalog\.pg_database/,
    in: 'rows',
    why: 'Databases are the sources; encodings are those of the engine that answers.',
  },
  {
    sql: /pg_catalog\.pg_roles r/,
    in: 'rows',
    why: 'The superuser of the engine that answers is not shown.',
  },
  {
    sql: /pg_catalog\.pg_(table_size|total_relation_size|relation_size)/,
    in: 'rows',
    why: 'Data stand in files of the sources, not in the tables that the catalog shows.',
  },
  {
    sql: /SELECT (c\.oid,c|n\.oid,n|t\.oid,t|c\.relname,a)\.\*/,
    in: 'rows',
    why: 'Whole rows of the catalogs say how, where and since when each server stores a thing.',
  },
  {
    sql: /pg_get_viewdef/,
    in: 'rows',
    why: 'The query of a view is shown as it was written; PostgreSQL prints it anew.',
  },
];

/** Why a statement's answer may differ as it does; undefined where it may not. */
export function acceptedBecause(sql: string, difference: AnswerDifference): string | undefined {
  return ACCEPTED_DIFFERENCES.find((each) => each.in === difference.in && each.sql.test(sql))?.why;
}
