import pino from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** Structured logs on standard error, one JSON object a line. Secrets that reach a field by name are cut out. */
export function createLogger(level: string): Logger {
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
    pino.destination({ dest: 2, sync: true }),
  );
}
