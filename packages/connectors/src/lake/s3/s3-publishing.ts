import { QueryError } from '@tributary/sql';
import { open } from 'node:fs/promises';
import { noScanStatistics } from '../../scan-statistics.ts';
import type { StoreContext } from '../file-store.ts';
import type { PreparedFile, PublishingStore } from '../write/publishing-store.ts';
import { RequestLimit } from './request-limit.ts';
import type { S3Requests } from './s3-requests.ts';
import { S3ResponseError, readBody } from './signed-http.ts';

/** Bytes of a part of an upload: 10,000 of them are the most, and 5 MiB the least. */
const PART = 16 * 1024 * 1024;
/** Bytes of parts in memory at once, of all uploads. */
const BUFFERED = 96 * 1024 * 1024;
const ANSWER = 1024 * 1024;

const NEVER = new AbortController().signal;

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ResponseError && error.$metadata.httpStatusCode === 404;
}

/**
 * Objects appear by their uploads being completed: all bytes are in the bucket before the first one is visible. Uploads of a process
 * that ended are aborted, or completed, by the next one with the same state folder.
 */
export class S3Publishing implements PublishingStore {
  readonly staging: string;
  readonly #bucket: string;
  readonly #requests: S3Requests;
  readonly #bytes = new RequestLimit(BUFFERED);

  constructor(bucket: string, requests: S3Requests, staging: string) {
    this.#bucket = bucket;
    this.#requests = requests;
    this.staging = staging;
  }

  async prepare(
    from: string,
    to: string,
    signal: AbortSignal,
    begun: (file: PreparedFile) => void,
  ): Promise<PreparedFile> {
    const answer = await this.#text(to, 'POST', { uploads: '' }, undefined, signal);
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(answer)?.[1];
    if (id === undefined) throw new QueryError('sourceError', `S3 begins no upload of '${to}'.`);
    begun({ from, to, upload: { id, parts: [] } });
    const parts: string[] = [];
    const file = await open(from, 'r');
    try {
      const { size } = await file.stat();
      for (let at = 0; at < size; at += PART) {
        const length = Math.min(PART, size - at);
        const leave = await this.#bytes.enter(signal, length);
        try {
          const part = Buffer.alloc(length);
          const { bytesRead } = await file.read(part, 0, length, at);
          if (bytesRead !== length) {
            throw new QueryError('internalError', `'${from}' changed while it was uploaded`);
          }
          parts.push(await this.#part(to, id, parts.length + 1, part, signal));
        } finally {
          leave();
        }
      }
    } finally {
      await file.close();
    }
    return { from, to, upload: { id, parts } };
  }

  async publish({ to, upload }: PreparedFile): Promise<void> {
    const parts = (upload?.parts ?? [])
      .map(
        (etag, index) =>
          `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
      )
      .join('');
    const body = Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
    const what = `'${to}'`;
    await this.#requests.run('object', what, this.#context(NEVER), async (signal) => {
      try {
        const response = await this.#requests.http.send(
          { method: 'POST', key: this.#keyOf(to), query: { uploadId: upload?.id ?? '' }, body },
          signal,
        );
        // An answer of 200 may still tell an error, since S3 begins it before it is done.
        const text = (await readBody(response, ANSWER)).toString('utf8');
        const code = /<Error>[\s\S]*?<Code>(\w+)<\/Code>/.exec(text)?.[1];
        if (code !== undefined) throw new S3ResponseError(code, 500);
      } catch (error) {
        // Completed before, by an attempt whose answer was lost.
        if (!isMissing(error) || !(await this.#isThere(to, signal))) throw error;
      }
    });
  }

  async retract({ to, upload }: PreparedFile): Promise<void> {
    await this.#delete(to, { uploadId: upload?.id ?? '' });
    await this.#delete(to, {});
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  async isEmpty(location: string, signal: AbortSignal): Promise<boolean> {
    const query = { 'list-type': '2', prefix: this.#keyOf(location), 'max-keys': '1' };
    const text = await this.#requests.run('list', location, this.#context(signal), async (each) =>
      (
        await readBody(await this.#requests.http.send({ method: 'GET', query }, each), ANSWER)
      ).toString('utf8'),
    );
    return !text.includes('<Contents>');
  }

  #part(
    to: string,
    id: string,
    number: number,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<string> {
    return this.#requests.run('object', `'${to}'`, this.#context(signal), async (each) => {
      const response = await this.#requests.http.send(
        {
          method: 'PUT',
          key: this.#keyOf(to),
          query: { partNumber: String(number), uploadId: id },
          body,
        },
        each,
      );
      response.resume();
      const { etag } = response.headers;
      if (etag === undefined) throw new QueryError('sourceError', `S3 names no ETag for '${to}'.`);
      return etag;
    });
  }

  async #delete(to: string, query: Readonly<Record<string, string>>): Promise<void> {
    await this.#requests.run('object', `'${to}'`, this.#context(NEVER), async (signal) => {
      try {
        const response = await this.#requests.http.send(
          { method: 'DELETE', key: this.#keyOf(to), query },
          signal,
        );
        response.resume();
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  async #isThere(to: string, signal: AbortSignal): Promise<boolean> {
    try {
      const response = await this.#requests.http.send(
        { method: 'HEAD', key: this.#keyOf(to) },
        signal,
      );
      response.resume();
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #text(
    to: string,
    method: 'POST',
    query: Readonly<Record<string, string>>,
    body: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    return this.#requests.run('object', `'${to}'`, this.#context(signal), async (each) => {
      const request = {
        method,
        key: this.#keyOf(to),
        query,
        ...(body === undefined ? {} : { body }),
      };
      return (await readBody(await this.#requests.http.send(request, each), ANSWER)).toString(
        'utf8',
      );
    });
  }

  #keyOf(path: string): string {
    return path.slice(`s3://${this.#bucket}/`.length);
  }

  #context(signal: AbortSignal): StoreContext {
    return { signal, statistics: noScanStatistics('objects') };
  }
}
