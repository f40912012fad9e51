import { textLiteral } from './template-parts.ts';

/** PostgreSQL's keywords that quote_ident quotes: all but the unreserved ones (pg_get_keywords, version 18). */
const QUOTED_KEYWORDS =
  'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real references returning right row select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
    .split(' ')
    .map(textLiteral)
    .join(', ');

/** quote_ident: a name as an SQL identifier. */
export const quoteIdent = (text: string): string =>
  `CASE WHEN regexp_full_match(${text}, '[a-z_][a-z0-9_]*') AND ${text} NOT IN (${QUOTED_KEYWORDS})` +
  ` THEN ${text} ELSE '"' || replace(${text}, '"', '""') || '"' END`;

/** quote_literal: a text as an SQL string constant. */
export const quoteLiteral = (text: string): string =>
  `CASE WHEN contains(${text}, '\\') THEN 'E''' || replace(replace(${text}, '\\', '\\\\'), '''', '''''') || ''''` +
  ` ELSE '''' || replace(${text}, '''', '''''') || '''' END`;
