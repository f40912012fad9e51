import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { QueryError } from '@tributary/sql';
import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest, type Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';

/** Milliseconds without any byte. */
const IDLE_TIMEOUT = 30_000;
/** Bytes of an error's body that are looked at. */
const ERROR_BODY = 64 * 1024;
const PAYLOAD = 'UNSIGNED-PAYLOAD';

/** An answer that is no success, in the form of the SDK's own errors. */
export class S3ResponseError extends Error {
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(code: string, status: number) {
    super(`S3 answered ${status} ${code}`);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Base {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** Before the key: `/bucket` in path style, else empty. */
  readonly path: string;
  readonly region: string;
}

/**
 * Sends signed requests for one bucket over Node's own HTTP client. The SDK says where to and with which credentials; its own
 * request path takes ten times the processor time, which with a hundred requests in flight is what a scan waits for.
 */
export class SignedHttp {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #agents: readonly [HttpAgent, HttpsAgent];
  #base: Promise<Base> | undefined;
  #signingKey:
    { readonly scope: string; readonly secret: string; readonly key: Buffer } | undefined;

  constructor(client: S3Client, bucket: string, agents: readonly [HttpAgent, HttpsAgent]) {
    this.#client = client;
    this.#bucket = bucket;
    this.#agents = agents;
  }

  /** The answer, its body not yet read. Throws S3ResponseError, or Node's errors of the connection. */
  async send(request: S3Request, signal: AbortSignal): Promise<IncomingMessage> {
    this.#base ??= this.#resolveBase().catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    const base = await this.#base;
    const path = `${base.path}/${encodePath(request.key ?? '')}`;
    const query = Object.entries(request.query ?? {})
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&');
    const headers = await this.#sign(base, request, path, query);
    const response = await exchange(
      base,
      {
        method: request.method,
        path: query === '' ? path : `${path}?${query}`,
        headers:
          request.body === undefined
            ? headers
            : { ...headers, 'content-length': String(request.body.length) },
        agent: base.protocol === 'https:' ? this.#agents[1] : this.#agents[0],
      },
      request.body,
      signal,
    );
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw new S3ResponseError(await errorCode(response), status);
  }

  /** Lets the SDK build a request and looks at where it would go: its endpoint rules apply. */
  async #resolveBase(): Promise<Base> {
    let base: Base | undefined;
    const region = await this.#client.config.region();
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: 'k' });
    command.middlewareStack.add(
      () => (args) => {
        const { protocol, hostname, port, path } = args.request as {
          protocol: string;
          hostname: string;
          port?: number;
          path: string;
        };
        base = { protocol, hostname, port, path: path.slice(0, path.lastIndexOf('/k')), region };
        return Promise.resolve({ output: { $metadata: {} }, response: undefined });
      },
      { step: 'build', priority: 'low' },
    );
    await this.#client.send(command);
    if (base === undefined) throw new QueryError('internalError', 'the S3 endpoint is unknown');
    return base;
  }

  async #sign(
    base: Base,
    request: S3Request,
    path: string,
    query: string,
  ): Promise<Record<string, string>> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#client.config.credentials();
    const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const scope = `${time.slice(0, 8)}/${base.region}/s3/aws4_request`;
    const headers: Record<string, string> = {
      host: base.port === undefined ? base.hostname : `${base.hostname}:${base.port}`,
      'x-amz-content-sha256': PAYLOAD,
      'x-amz-date': time,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
      ...request.headers,
    };
    const names = Object.keys(headers).sort();
    const signed = names.join(';');
    const canonical = [
      request.method,
      path,
      query,
      ...names.map((name) => `${name}:${headers[name]?.trim()}`),
      '',
      signed,
      PAYLOAD,
    ].join('\n');
    const digest = createHash('sha256').update(canonical).digest('hex');
    const signature = createHmac('sha256', this.#keyFor(secretAccessKey, scope))
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
      .digest('hex');
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  }

  #keyFor(secret: string, scope: string): Buffer {
    const known = this.#signingKey;
    if (known?.scope === scope && known.secret === secret) return known.key;
    const key = scope
      .split('/')
      .reduce<Buffer>(
        (previous, part) => createHmac('sha256', previous).update(part).digest(),
        Buffer.from(`AWS4${secret}`),
      );
    this.#signingKey = { scope, secret, key };
    return key;
  }
}

function exchange(
  base: Base,
  options: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly agent: HttpAgent;
  },
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({ ...options, hostname: base.hostname, port: base.port, signal });
    request.setTimeout(IDLE_TIMEOUT, () => {
      request.destroy(Object.assign(new Error('S3 fell silent'), { code: 'ETIMEDOUT' }));
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

/** The whole body. Throws where it is longer than `limit`. */
export async function readBody(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new QueryError('sourceError', 'S3 sent more than was asked for.');
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

async function errorCode(response: IncomingMessage): Promise<string> {
  const body = await readBody(response, ERROR_BODY).catch(() => Buffer.alloc(0));
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(body.toString('utf8'))?.[1] ?? '';
}

/** RFC 3986, as AWS signs. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodePath(key: string): string {
  return /^[\w\-./~]*$/.test(key) ? key : key.split('/').map(encode).join('/');
}
