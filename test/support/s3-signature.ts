import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Checks AWS Signature Version 4 in the Authorization header; answers the S3 error code, or undefined when it holds. */
export class SignatureCheck {
  readonly #accessKeyId: string;
  readonly #secretAccessKey: string;
  readonly #signingKeys = new Map<string, Buffer>();

  constructor(accessKeyId: string, secretAccessKey: string) {
    this.#accessKeyId = accessKeyId;
    this.#secretAccessKey = secretAccessKey;
  }

  errorOf(request: IncomingMessage): string | undefined {
    const match = AUTHORIZATION.exec(request.headers.authorization ?? '');
    if (match === null) return 'AccessDenied';
    const [, accessKeyId = '', day = '', region = '', signed = '', signature = ''] = match;
    if (accessKeyId !== this.#accessKeyId) return 'InvalidAccessKeyId';
    const canonical = canonicalRequest(request, signed);
    const text = [
      'AWS4-HMAC-SHA256',
      String(request.headers['x-amz-date']),
      `${day}/${region}/s3/aws4_request`,
      createHash('sha256').update(canonical).digest('hex'),
    ].join('\n');
    const expected = createHmac('sha256', this.#signingKey(day, region)).update(text).digest();
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
      ? undefined
      : 'SignatureDoesNotMatch';
  }

  #signingKey(day: string, region: string): Buffer {
    const scope = `${day}/${region}`;
    let key = this.#signingKeys.get(scope);
    if (key === undefined) {
      const parts = [day, region, 's3', 'aws4_request'];
      key = parts.reduce<Buffer>(
        (secret, part) => createHmac('sha256', secret).update(part).digest(),
        Buffer.from(`AWS4${this.#secretAccessKey}`),
      );
      this.#signingKeys.set(scope, key);
    }
    return key;
  }
}

function canonicalRequest(request: IncomingMessage, signedHeaders: string): string {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers = signedHeaders
    .split(';')
    .map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`)
    .join('');
  return [
    request.method,
    path,
    canonicalQuery(query),
    headers,
    signedHeaders,
    String(request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD'),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const cut = pair.indexOf('=');
      const name = cut < 0 ? pair : pair.slice(0, cut);
      const value = cut < 0 ? '' : pair.slice(cut + 1);
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`;
    })
    .sort()
    .join('&');
}

/** RFC 3986, as AWS asks. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
