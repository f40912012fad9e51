import { QueryError } from '@tributary/sql';
import type { ListedObject } from './list-ranges.ts';

export interface ListResponse {
  /** In key order. */
  readonly objects: readonly ListedObject[];
  /** Common prefixes, each ending in the delimiter. */
  readonly folders: readonly string[];
  readonly truncated: boolean;
  readonly nextToken: string | undefined;
}

/** The answer to ListObjectsV2 with `encoding-type=url`. Throws sourceError for anything else. */
export function parseListResponse(xml: string): ListResponse {
  if (!xml.includes('<ListBucketResult') || !xml.includes('</ListBucketResult>')) {
    throw new QueryError('sourceError', 'S3 answered a listing with something else.', {
      hint: "Check the source's endpoint.",
    });
  }
  const objects: ListedObject[] = [];
  for (const content of elements(xml, 'Contents')) {
    const size = Number(text(content, 'Size'));
    objects.push({
      key: decodeKey(text(content, 'Key') ?? ''),
      size,
      etag: (text(content, 'ETag') ?? '').replaceAll('&quot;', '"').replaceAll('&#34;', '"'),
    });
  }
  return {
    objects,
    folders: [...elements(xml, 'CommonPrefixes')].map((each) =>
      decodeKey(text(each, 'Prefix') ?? ''),
    ),
    truncated: text(xml, 'IsTruncated') === 'true',
    nextToken: text(xml, 'NextContinuationToken'),
  };
}

/** Contents of the elements of a name, which do not nest. */
function* elements(xml: string, name: string): Generator<string> {
  const open = `<${name}>`;
  const close = `</${name}>`;
  for (let start = xml.indexOf(open); start >= 0;) {
    const end = xml.indexOf(close, start);
    if (end < 0) return;
    yield xml.slice(start + open.length, end);
    start = xml.indexOf(open, end);
  }
}

function text(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start < 0) return undefined;
  const from = start + name.length + 2;
  const end = xml.indexOf('<', from);
  return end < 0 ? undefined : xml.slice(from, end);
}

function decodeKey(key: string): string {
  return /[%+]/.test(key) ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}
