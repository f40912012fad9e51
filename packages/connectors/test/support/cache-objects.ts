import { ObjectCache } from '../../src/lake/s3/object-cache.ts';

/** What a process that shares a cache is told. */
export interface CacheTask {
  readonly directory: string;
  readonly maxBytes: number;
  readonly objects: number;
  readonly seed: number;
}

/** What the object of a number holds: told by its number, so that a mixture is seen. */
export function contentOf(object: number): Buffer {
  return Buffer.alloc(1000 + object * 37, `object ${object};`);
}

export const keyOf = (object: number): string => ObjectCache.keyOf(['bucket', object, 'etag']);
