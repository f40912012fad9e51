import { QueryError } from '@tributary/sql';
import { PROTOCOL_3_0, STARTUP_CODE } from './codes.ts';
import { Reader } from './reader.ts';

/** A connection's first packet. */
export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | {
      readonly kind: 'startup';
      readonly parameters: ReadonlyMap<string, string>;
      /** Set where the client must be told what is not supported: NegotiateProtocolVersion. */
      readonly unsupported: readonly string[] | undefined;
    };

/** @throws QueryError protocolViolation, featureNotSupported for another major version, invalidAuthorization without user. */
export function parseStartupPacket(body: Buffer): StartupPacket {
  const reader = new Reader(body);
  const code = reader.uint32();
  switch (code) {
    case STARTUP_CODE.ssl:
      return { kind: 'ssl' };
    case STARTUP_CODE.gssenc:
      return { kind: 'gssenc' };
    case STARTUP_CODE.cancel: {
      const processId = reader.int32();
      return { kind: 'cancel', processId, secret: reader.take(reader.remaining) };
    }
    default:
      return parseParameters(code, reader);
  }
}

function parseParameters(version: number, reader: Reader): StartupPacket {
  if (version >> 16 !== 3) {
    throw new QueryError(
      'featureNotSupported',
      `unsupported frontend protocol ${version >> 16}.${version & 0xffff}: server supports 3.0`,
    );
  }
  const parameters = new Map<string, string>();
  const extensions: string[] = [];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    const value = reader.cstring();
    if (name.startsWith('_pq_.')) extensions.push(name);
    // Some drivers quote values as in SQL: client_encoding 'utf-8'.
    else parameters.set(name, /^'(.*)'$/.exec(value)?.[1] ?? value);
  }
  reader.end();
  if ((parameters.get('user') ?? '') === '') {
    throw new QueryError(
      'invalidAuthorization',
      'no PostgreSQL user name specified in startup packet',
    );
  }
  const encoding = parameters.get('client_encoding');
  if (encoding !== undefined && !/^(utf-?8|unicode|sql_ascii|auto)$/i.test(encoding)) {
    throw new QueryError(
      'invalidParameterValue',
      `client encoding "${encoding}" is not supported: use UTF8`,
    );
  }
  const negotiate = version > PROTOCOL_3_0 || extensions.length > 0;
  return { kind: 'startup', parameters, unsupported: negotiate ? extensions : undefined };
}
