import { QueryError } from '../errors.ts';

/** 22P02 in PostgreSQL's words. */
export function invalidInput(type: string, text: string): QueryError {
  return new QueryError(
    'invalidTextRepresentation',
    `invalid input syntax for type ${type}: "${text}"`,
  );
}

/** 22007 in PostgreSQL's words. */
export function invalidDatetime(type: string, text: string): QueryError {
  return new QueryError(
    'invalidDatetimeFormat',
    `invalid input syntax for type ${type}: "${text}"`,
  );
}

/** 22008: well-formed, but no such day or time. */
export function fieldOutOfRange(text: string): QueryError {
  return new QueryError('datetimeOverflow', `date/time field value out of range: "${text}"`);
}

/** 22003 in PostgreSQL's words. */
export function outOfRange(type: string, text: string): QueryError {
  return new QueryError('numericOutOfRange', `value "${text}" is out of range for type ${type}`);
}
