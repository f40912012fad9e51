import { S3Client } from '@aws-sdk/client-s3';
import { isQueryError, QueryError } from '@tributary/sql';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { abortError, onAbort, throwIfAborted } from '../cancellation.ts';
import type { StoreContext } from '../file-store.ts';
import type { LakeS3Config } from '../lake-connector.ts';
import { RequestLimit } from './request-limit.ts';
import { SignedHttp } from './signed-http.ts';

const MAX_ATTEMPTS = 6;
/** Milliseconds. Full jitter: a wait is drawn from 0 to min(LONGEST, FIRST * 2^n). */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 5_000;

const THROTTLES = [
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
];
const TRANSIENT = [
  'RequestTimeout',
  'TimeoutError',
  'InternalError',
  'ServiceUnavailable',
  'TruncatedBody',
];
const SOCKET_CODES = [
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
];

/** A body of another length than was announced: the connection broke. */
export class TruncatedBody extends Error {
  override readonly name = 'TruncatedBody';
}

/** Requests for one bucket: bounded, counted, retried. */
export class S3Requests {
  readonly http: SignedHttp;
  readonly #client: S3Client;
  readonly #agents: readonly [HttpAgent, HttpsAgent];
  readonly #limits: Readonly<Record<'list' | 'object', RequestLimit>>;

  constructor(
    bucket: string,
    config: LakeS3Config,
    listConcurrency: number,
    fetchConcurrency: number,
  ) {
    const sockets = { keepAlive: true, maxSockets: listConcurrency + fetchConcurrency };
    this.#agents = [new HttpAgent(sockets), new HttpsAgent(sockets)];
    this.#limits = {
      list: new RequestLimit(listConcurrency),
      object: new RequestLimit(fetchConcurrency),
    };
    const region = config.region ?? (config.endpoint === undefined ? undefined : 'us-east-1');
    this.#client = new S3Client({
      ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(config.accessKeyId === undefined ? {} : { credentials: credentials(config) }),
      forcePathStyle: config.pathStyle ?? false,
    });
    this.http = new SignedHttp(this.#client, bucket, this.#agents);
  }

  /**
   * Runs a request until it succeeds, fails for good, or has failed too often. `what` names its object in messages.
   * Throws QueryErrors only: dataChanged where the object is another or gone, sourceUnavailable, sourceError, queryCanceled.
   */
  async run<T>(
    kind: 'list' | 'object',
    what: string,
    context: StoreContext,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = this.#limits[kind];
    for (let attempt = 1; ; attempt++) {
      const leave = await limit.enter(context.signal);
      let throttled = false;
      const controller = new AbortController();
      const unsubscribe = onAbort(context.signal, () => controller.abort());
      try {
        context.statistics.requests += 1;
        return await request(controller.signal);
      } catch (error) {
        if (context.signal.aborted) throw abortError(context.signal);
        if (isQueryError(error)) throw error;
        throttled = isThrottle(error);
        if (!(throttled || isTransient(error)) || attempt >= MAX_ATTEMPTS) {
          throw asQueryError(error, what);
        }
        context.statistics.retries += 1;
      } finally {
        unsubscribe();
        leave(throttled);
      }
      const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
      await sleep(Math.random() * longest, context.signal);
    }
  }

  close(): void {
    this.#client.destroy();
    for (const agent of this.#agents) agent.destroy();
  }
}

function credentials(config: LakeS3Config) {
  return {
    accessKeyId: config.accessKeyId ?? '',
    secretAccessKey: config.secretAccessKey ?? '',
    ...(config.sessionToken === undefined ? {} : { sessionToken: config.sessionToken }),
  };
}

interface ServiceError {
  readonly name: string;
  readonly code: string;
  readonly status: number;
}

/** What the SDK's errors say of themselves. In other realms they are not instances of Error. */
function describe(error: unknown): ServiceError {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return {
    name: typeof fields.name === 'string' ? fields.name : '',
    code: typeof fields.code === 'string' ? fields.code : '',
    status: fields.$metadata?.httpStatusCode ?? 0,
  };
}

function isThrottle(error: unknown): boolean {
  const { name, status } = describe(error);
  return THROTTLES.includes(name) || status === 429 || status === 503;
}

function isTransient(error: unknown): boolean {
  const { name, code, status } = describe(error);
  return TRANSIENT.includes(name) || SOCKET_CODES.includes(code) || status >= 500;
}

function asQueryError(error: unknown, what: string): QueryError {
  const { name, code, status } = describe(error);
  // The cause may hold signed headers; only its name is shown.
  const reason = code || name || 'unknown error';
  if (status === 412 || name === 'NoSuchKey' || (status === 404 && name !== 'NoSuchBucket')) {
    return new QueryError('dataChanged', `${what} changed while it was read.`, {
      hint: 'Run the query again.',
    });
  }
  if (status === 401 || status === 403) {
    return new QueryError('sourceError', `S3 refused access to ${what} (${reason}).`, {
      hint: "Check the source's credentials, and that they may list the bucket and read its objects.",
    });
  }
  if (name === 'NoSuchBucket') {
    return new QueryError('sourceError', `The bucket of ${what} does not exist.`);
  }
  if (SOCKET_CODES.includes(code) || code === 'ENOTFOUND' || name === 'TimeoutError') {
    return new QueryError('sourceUnavailable', `S3 cannot be reached for ${what} (${reason}).`);
  }
  return new QueryError(
    status >= 500 || isTransient(error) ? 'sourceUnavailable' : 'sourceError',
    `S3 failed for ${what} (${reason}).`,
    status >= 300 && status < 400 ? { hint: "Check the source's region and endpoint." } : {},
  );
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      resolve();
    }, milliseconds);
    const unsubscribe = onAbort(signal, () => {
      clearTimeout(timer);
      unsubscribe();
      reject(abortError(signal));
    });
  });
}
