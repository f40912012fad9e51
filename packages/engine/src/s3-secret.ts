import { QueryError } from '@tributary/sql';
import type { S3Access } from './engine.ts';
import { quoteLiteral } from './quote-literal.ts';

const SCOPE = /^s3:\/\/[^/]+\/(.*\/)?$/;

/**
 * The statement that creates the secret `name` for one prefix of one bucket. Holds secrets: run it, never print it.
 *
 * @throws QueryError invalidConfiguration for a scope that is no `s3://bucket/prefix/`, or an endpoint that is no URL.
 */
export function createS3Secret(name: string, access: S3Access): string {
  if (!SCOPE.test(access.scope) || access.scope.split('/').some((part) => part === '..')) {
    throw new QueryError(
      'invalidConfiguration',
      `"${access.scope}" is not an S3 prefix: write s3://bucket/prefix/ with a closing slash`,
    );
  }
  const options: [string, string][] = [['SCOPE', quoteLiteral(access.scope)]];
  if (access.endpoint !== undefined) {
    const url = parseEndpoint(access.endpoint);
    options.push(['ENDPOINT', quoteLiteral(url.host)]);
    options.push(['USE_SSL', String(url.protocol === 'https:')]);
  }
  if (access.region !== undefined) options.push(['REGION', quoteLiteral(access.region)]);
  if (access.pathStyle === true) options.push(['URL_STYLE', quoteLiteral('path')]);
  if (access.accessKeyId !== undefined) options.push(['KEY_ID', quoteLiteral(access.accessKeyId)]);
  if (access.secretAccessKey !== undefined) {
    options.push(['SECRET', quoteLiteral(access.secretAccessKey)]);
  }
  if (access.sessionToken !== undefined) {
    options.push(['SESSION_TOKEN', quoteLiteral(access.sessionToken)]);
  }
  const list = options.map(([key, value]) => `${key} ${value}`).join(', ');
  return `CREATE SECRET ${name} (TYPE s3, PROVIDER config, ${list})`;
}

/** `host:port` means https, as S3 clients read it. */
function parseEndpoint(endpoint: string): URL {
  const text = /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(text)) {
    throw new QueryError('invalidConfiguration', `"${endpoint}" is not an S3 endpoint`);
  }
  return new URL(text);
}
