import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Bucket, type S3Object } from './s3-bucket.ts';
import { SignatureCheck } from './s3-signature.ts';

export type S3Operation =
  'list' | 'get' | 'head' | 'put' | 'delete' | 'begin' | 'part' | 'complete' | 'abort';

/** What a request meets instead of its answer: 503 SlowDown, 500, a closed connection, or a body that ends early. */
export type S3Fault = 'throttle' | 'error' | 'reset' | 'truncate';

export interface S3Request {
  readonly operation: S3Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly range: string | undefined;
}

export interface S3ServerOptions {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** Milliseconds added to each request. */
  readonly latency?: number;
  /** Fractions of requests that meet a fault, 0 to 1; drawn from a fixed seed. */
  readonly faults?: Partial<Record<S3Fault, number>>;
}

const LOG_LIMIT = 100_000;
const MAX_KEYS = 1000;
const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

/**
 * An S3 server for tests and benchmarks: ListObjectsV2 (paging, prefix, delimiter, start-after), GET (range, If-Match), HEAD,
 * PUT, DELETE and multipart uploads, path style, signatures checked. Objects are in memory or files of a folder.
 */
export class S3Server {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region = 'us-east-1';
  latency: number;
  faults: Partial<Record<S3Fault, number>>;
  /** Called for each request before its answer is made; may change objects, and answer a fault. */
  onRequest: ((request: S3Request) => S3Fault | void) | undefined;
  /** The newest requests, oldest first. */
  readonly log: S3Request[] = [];
  /** Requests being answered now, and the most there ever were. */
  inFlight = 0;
  mostInFlight = 0;
  readonly #buckets = new Map<string, S3Bucket>();
  readonly #signatures: SignatureCheck;
  /** Uploads that were begun and neither completed nor aborted: parts by number. */
  readonly uploads = new Map<
    string,
    { readonly key: string; readonly parts: Map<number, Buffer> }
  >();
  #uploadSerial = 0;
  readonly #server: Server;
  readonly #entries = new WeakMap<S3Object, string>();
  #seed = 1;

  private constructor(options: S3ServerOptions) {
    this.accessKeyId = options.accessKeyId ?? 'tributary';
    this.secretAccessKey = options.secretAccessKey ?? 'tributary-secret';
    this.latency = options.latency ?? 0;
    this.faults = options.faults ?? {};
    this.#signatures = new SignatureCheck(this.accessKeyId, this.secretAccessKey);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.destroy();
        this.#server.emit('error', error);
      });
    });
  }

  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', 1024, resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Creates the bucket if need be. */
  bucket(name: string): S3Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      bucket = new S3Bucket();
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  count(operation: S3Operation): number {
    return this.log.filter((request) => request.operation === operation).length;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucketName = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const operation = operationOf(request.method ?? '', key, url.searchParams);
    const sends = operation === 'put' || operation === 'part' || operation === 'complete';
    const body = sends ? await readBody(request) : undefined;
    if (operation === undefined) return sendError(response, 405, 'MethodNotAllowed');
    const asked: S3Request = {
      operation,
      bucket: decodeURIComponent(bucketName),
      key,
      query: url.searchParams,
      range: request.headers.range,
    };
    if (this.log.push(asked) > LOG_LIMIT) this.log.shift();
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency));
    this.inFlight -= 1;
    const fault = this.onRequest?.(asked) ?? this.#drawFault();
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'throttle') return sendError(response, 503, 'SlowDown');
    if (fault === 'error') return sendError(response, 500, 'InternalError');
    const denied = this.#signatures.errorOf(request);
    if (denied !== undefined) return sendError(response, 403, denied);
    const bucket = this.#buckets.get(asked.bucket);
    if (bucket === undefined) return sendError(response, 404, 'NoSuchBucket');
    switch (operation) {
      case 'list':
        return sendXml(response, 200, this.#list(bucket, asked));
      case 'put':
        response.setHeader('ETag', bucket.put(key, body ?? Buffer.alloc(0)).etag);
        return void response.end();
      case 'delete':
        bucket.delete(key);
        response.statusCode = 204;
        return void response.end();
      case 'begin': {
        const id = `upload-${++this.#uploadSerial}`;
        this.uploads.set(id, { key, parts: new Map() });
        return sendXml(
          response,
          200,
          `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
        );
      }
      case 'part':
      case 'complete':
      case 'abort':
        return this.#upload(bucket, asked, operation, body ?? Buffer.alloc(0), response, fault);
      case 'get':
      case 'head':
        return sendObject(request, response, bucket.get(key), fault === 'truncate');
    }
  }

  #upload(
    bucket: S3Bucket,
    { key, query }: S3Request,
    operation: 'part' | 'complete' | 'abort',
    body: Buffer,
    response: ServerResponse,
    fault: S3Fault | void,
  ): void {
    const id = query.get('uploadId') ?? '';
    const upload = this.uploads.get(id);
    if (upload?.key !== key) return sendError(response, 404, 'NoSuchUpload');
    switch (operation) {
      case 'part': {
        upload.parts.set(Number(query.get('partNumber')), body);
        response.setHeader('ETag', `"part-${body.length}"`);
        return void response.end();
      }
      case 'abort':
        this.uploads.delete(id);
        response.statusCode = 204;
        return void response.end();
      case 'complete': {
        const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(
          ([, number]) => Number(number),
        );
        if (numbers.some((number) => !upload.parts.has(number))) {
          return sendError(response, 400, 'InvalidPart');
        }
        bucket.put(
          key,
          Buffer.concat(numbers.map((number) => upload.parts.get(number) ?? Buffer.alloc(0))),
        );
        this.uploads.delete(id);
        // The answer is lost on its way.
        if (fault === 'truncate') return void response.destroy();
        return sendXml(
          response,
          200,
          '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>',
        );
      }
    }
  }

  #drawFault(): S3Fault | undefined {
    const kinds = Object.entries(this.faults) as [S3Fault, number][];
    if (kinds.length === 0) return undefined;
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    let draw = this.#seed / 2 ** 32;
    for (const [kind, fraction] of kinds) {
      if (draw < fraction) return kind;
      draw -= fraction;
    }
    return undefined;
  }

  #list(bucket: S3Bucket, { bucket: name, query }: S3Request): string {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const encoded = query.get('encoding-type') === 'url';
    const limit = Math.min(Number(query.get('max-keys') ?? MAX_KEYS), MAX_KEYS);
    const token = query.get('continuation-token');
    const start =
      token === null
        ? (query.get('start-after') ?? '')
        : Buffer.from(token, 'base64url').toString('utf8');
    const show = encoded ? encodeKey : escapeXml;
    const contents: string[] = [];
    const prefixes: string[] = [];
    let last = '';
    let truncated = false;
    for (const object of bucket.after(prefix, start)) {
      const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
      const folder = cut < 0 ? undefined : object.key.slice(0, cut + delimiter.length);
      if (folder !== undefined && (folder === prefixes.at(-1) || start.startsWith(folder))) {
        last = object.key;
        continue;
      }
      if (contents.length + prefixes.length >= limit) {
        truncated = true;
        break;
      }
      last = object.key;
      if (folder === undefined) contents.push(this.#entry(object, encoded));
      else prefixes.push(folder);
    }
    const common = prefixes.map(
      (folder) => `<CommonPrefixes><Prefix>${show(folder)}</Prefix></CommonPrefixes>`,
    );
    const next = truncated
      ? `<NextContinuationToken>${Buffer.from(last).toString('base64url')}</NextContinuationToken>`
      : '';
    return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${name}</Name><Prefix>${show(prefix)}</Prefix><KeyCount>${contents.length + prefixes.length}</KeyCount><MaxKeys>${limit}</MaxKeys>${encoded ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${truncated}</IsTruncated>${next}${contents.join('')}${common.join('')}</ListBucketResult>`;
  }

  #entry(object: S3Object, encoded: boolean): string {
    let entry = this.#entries.get(object);
    if (entry === undefined || !encoded) {
      const key = encoded ? encodeKey(object.key) : escapeXml(object.key);
      entry = `<Contents><Key>${key}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>${object.etag.replaceAll('"', '&quot;')}</ETag><Size>${object.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
      if (encoded) this.#entries.set(object, entry);
    }
    return entry;
  }
}

function operationOf(method: string, key: string, query: URLSearchParams): S3Operation | undefined {
  if (query.has('uploadId')) {
    if (method === 'POST') return 'complete';
    if (method === 'PUT') return 'part';
    if (method === 'DELETE') return 'abort';
  }
  if (method === 'POST' && query.has('uploads')) return 'begin';
  switch (method) {
    case 'GET':
      return key === '' ? 'list' : 'get';
    case 'HEAD':
      return 'head';
    case 'PUT':
      return 'put';
    case 'DELETE':
      return 'delete';
    default:
      return undefined;
  }
}

async function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  object: S3Object | undefined,
  truncate: boolean,
): Promise<void> {
  if (object === undefined) return sendError(response, 404, 'NoSuchKey');
  const match = request.headers['if-match'];
  if (match !== undefined && match !== '*' && match !== object.etag) {
    return sendError(response, 412, 'PreconditionFailed');
  }
  const range = parseRange(request.headers.range, object.size);
  if (range === 'invalid') return sendError(response, 416, 'InvalidRange');
  const { from, to } = range ?? { from: 0, to: object.size };
  response.statusCode = range === undefined ? 200 : 206;
  response.setHeader('ETag', object.etag);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Last-Modified', object.modified.toUTCString());
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Length', to - from);
  if (range !== undefined) {
    response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${object.size}`);
  }
  if (request.method === 'HEAD') return void response.end();
  const body = (await object.read()).subarray(from, to);
  if (!truncate) return void response.end(body);
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

function parseRange(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | 'invalid' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return from >= to ? 'invalid' : { from, to };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['x-amz-decoded-content-length'] === undefined ? body : decodeChunks(body);
}

/** Content-Encoding aws-chunked: `<hex length>[;signature]\r\n<bytes>\r\n` until a length of 0. */
function decodeChunks(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, line), 16);
    if (!(length > 0)) break;
    parts.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return Buffer.concat(parts);
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  const body = Buffer.from(XML + xml);
  response.writeHead(status, {
    'Content-Type': 'application/xml',
    'Content-Length': body.length,
  });
  response.end(body);
}

function sendError(response: ServerResponse, status: number, code: string): void {
  sendXml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}
