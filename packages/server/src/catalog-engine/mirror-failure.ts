import { QueryError, errorCodeOf } from '@tributary/sql';
import type { QueryErrorOptions } from '@tributary/sql';
import type { DatabaseFailure } from './worker-protocol.ts';

/** PostgreSQL's error as ours. A SQLSTATE that the table lacks becomes its class's general one, which ends in 000. */
export function mirrorFailure(failure: DatabaseFailure): QueryError {
  const { sqlstate, message, detail, hint, position } = failure;
  const code =
    errorCodeOf(sqlstate) ?? errorCodeOf(`${sqlstate.slice(0, 2)}000`) ?? 'internalError';
  const options: QueryErrorOptions = {
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
  };
  return new QueryError(code, message, options);
}
