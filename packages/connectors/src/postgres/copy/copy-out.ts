import type { Connection, Submittable } from 'pg';
import { QueryError } from '@tributary/sql';

const COPY_DATA = 'd'.charCodeAt(0);
const READY = 'Z'.charCodeAt(0);
/** A message's type and length. */
const HEAD_BYTES = 5;
/** A row of more bytes is refused: it would have to lie in memory whole. */
const MOST_ROW_BYTES = 256 * 2 ** 20;

type DataListener = (chunk: Buffer) => void;

export interface CopyHandlers {
  /** Whole rows, valid during the call. What it throws fails the query. */
  onPayload(buffer: Buffer, from: number, to: number): void;
  /** A row, in text, that a query beside the COPY answers. */
  onRow(fields: readonly unknown[]): void;
  /** The query failed on this side: the server must be told to stop. Called once at most. */
  onFailure(): void;
}

/**
 * `COPY .. TO STDOUT` and statements around it, submitted to a connection like any query. While it runs it reads the socket itself and hands whole payloads
 * to the handler, in place: an event and a copy for each row would cost more than its values. All other messages go to the
 * driver. As payloads are taken synchronously, a slow reader slows the source, and nothing queues up.
 */
export class CopyOut implements Submittable {
  /** Settles when the connection is ready for another query, or broken. */
  readonly done: Promise<void>;
  /** Bytes received. */
  bytes = 0;
  readonly #text: string;
  readonly #handlers: CopyHandlers;
  readonly #settle: { resolve(): void; reject(error: unknown): void };
  #restore: () => void = () => undefined;
  #driver: readonly DataListener[] = [];
  /** Received parts of a message that is not complete yet. */
  #parts: Buffer[] = [];
  #pending = 0;
  #needed = HEAD_BYTES;
  #failure: unknown;

  constructor(text: string, handlers: CopyHandlers) {
    this.#text = text;
    this.#handlers = handlers;
    let settle: { resolve(): void; reject(error: unknown): void } | undefined;
    this.done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // The executor ran already.
    this.#settle = settle ?? { resolve: () => undefined, reject: () => undefined };
    this.done.catch(() => undefined);
  }

  submit(connection: Connection): void {
    const { stream } = connection;
    this.#driver = stream.listeners('data') as DataListener[];
    const own: DataListener = (chunk) => this.#receive(chunk);
    const onClose = (): void => {
      this.#failure ??= new Error('the connection was closed');
      this.#end();
    };
    stream.once('close', onClose);
    this.#restore = () => {
      stream.removeListener('close', onClose);
      stream.removeListener('data', own);
      for (const listener of this.#driver) stream.on('data', listener);
      this.#restore = () => undefined;
    };
    for (const listener of this.#driver) stream.removeListener('data', listener);
    stream.on('data', own);
    connection.query(this.#text);
  }

  /** Fails the query from outside; what still arrives is dropped until the connection is ready. */
  abandon(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#handlers.onFailure();
  }

  // What the driver calls on its queries.

  handleError(error: unknown): void {
    this.#failure ??= error;
    // What the server says is followed by ReadyForQuery, or by the end of the connection.
    if (!(typeof error === 'object' && error !== null && 'severity' in error)) this.#end();
  }

  handleReadyForQuery(): void {
    // Seen in the stream, also after an error, when the driver has forgotten the query.
  }

  handleCommandComplete(): void {
    // COMMIT's, which follows, counts as well: only ReadyForQuery ends the query.
  }

  handleCopyData(): void {
    // Payloads do not reach the driver.
  }

  handleRowDescription(): void {
    // Values come as text.
  }

  handleDataRow(message: { readonly fields: readonly unknown[] }): void {
    this.#handlers.onRow(message.fields);
  }

  handleEmptyQuery(): void {
    // The text is never empty.
  }

  handlePortalSuspended(): void {
    // Simple queries have no portals.
  }

  #end(): void {
    this.#restore();
    this.#parts = [];
    if (this.#failure === undefined) this.#settle.resolve();
    else this.#settle.reject(this.#failure);
  }

  #receive(chunk: Buffer): void {
    this.bytes += chunk.length;
    let buffer = chunk;
    if (this.#pending > 0) {
      this.#parts.push(chunk);
      this.#pending += chunk.length;
      if (this.#pending < this.#needed) return;
      buffer = Buffer.concat(this.#parts, this.#pending);
      this.#parts = [];
      this.#pending = 0;
    }
    const left = this.#messages(buffer);
    if (left < buffer.length) {
      this.#parts = [buffer.subarray(left)];
      this.#pending = buffer.length - left;
    }
  }

  /** Handles the whole messages; answers where the first incomplete one begins. */
  #messages(buffer: Buffer): number {
    let at = 0;
    while (buffer.length - at >= HEAD_BYTES) {
      const type = buffer[at];
      const end = at + 1 + buffer.readInt32BE(at + 1);
      this.#needed = end - at;
      if (end > buffer.length) {
        if (type === COPY_DATA && this.#needed > MOST_ROW_BYTES) this.#tooLong();
        return at;
      }
      if (type === COPY_DATA) this.#payload(buffer, at + HEAD_BYTES, end);
      else {
        for (const listener of this.#driver) listener(buffer.subarray(at, end));
        if (type === READY) {
          this.#end();
          return buffer.length;
        }
      }
      at = end;
    }
    this.#needed = HEAD_BYTES;
    return at;
  }

  #payload(buffer: Buffer, from: number, to: number): void {
    if (this.#failure !== undefined) return;
    try {
      this.#handlers.onPayload(buffer, from, to);
    } catch (error) {
      this.abandon(error);
    }
  }

  #tooLong(): void {
    this.abandon(
      new QueryError(
        'programLimitExceeded',
        `a row of more than ${MOST_ROW_BYTES / 2 ** 20} MiB cannot be read from a Postgres source`,
      ),
    );
  }
}
