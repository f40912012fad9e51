import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * Structured logs, one JSON object a line, on standard error unless told otherwise. Secrets that reach a field by name are cut
 * out.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      name: 'tributary',
      level,
      redact: {
        paths: [
          'password',
          'secretAccessKey',
          'sessionToken',
          '*.password',
          '*.secretAccessKey',
          '*.sessionToken',
        ],
        censor: '[secret]',
      },
    },
    destination,
  );
}
