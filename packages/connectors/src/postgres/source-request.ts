import type { Connection, Submittable } from 'pg';
import { QueryError } from '@tributary/sql';

const READY = 'Z'.charCodeAt(0);
/** A message's type and length. */
const HEAD_BYTES = 5;
/** A row of more bytes is refused: it would have to lie in memory whole. */
const MOST_ROW_BYTES = 256 * 2 ** 20;

type DataListener = (chunk: Buffer) => void;

/**
 * A request to a source, submitted to a connection like any query. While it runs it reads the socket itself and is handed whole
 * messages in place: an event and a copy for each row would cost more than its values. Messages that it leaves go to the driver.
 * As they are taken synchronously, a slow reader slows the source, and nothing queues up.
 */
export abstract class SourceRequest implements Submittable {
  /** Settles when the connection is ready for another query, or broken. */
  readonly done: Promise<void>;
  /** Bytes received. */
  bytes = 0;
  readonly #stop: () => void;
  readonly #settle: { resolve(): void; reject(error: unknown): void };
  #restore: () => void = () => undefined;
  #driver: readonly DataListener[] = [];
  /** Received parts of a message that is not complete yet. */
  #parts: Buffer[] = [];
  #pending = 0;
  #needed = HEAD_BYTES;
  #failure: unknown;
  #stream: Connection['stream'] | undefined;

  /** `stop` is called, once at most, when the request failed on this side: the server must be told. */
  protected constructor(stop: () => void) {
    this.#stop = stop;
    let settle: { resolve(): void; reject(error: unknown): void } | undefined;
    this.done = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // The executor ran already.
    this.#settle = settle ?? { resolve: () => undefined, reject: () => undefined };
    this.done.catch(() => undefined);
  }

  /** Writes the request. */
  protected abstract send(connection: Connection): void;

  /** Takes a message whose body lies from `from` up to `to`, valid during the call; false: it is the driver's. What it throws fails the request. */
  protected abstract take(type: number, buffer: Buffer, from: number, to: number): boolean;

  submit(connection: Connection): void {
    const { stream } = connection;
    this.#stream = stream;
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
    this.send(connection);
  }

  /** Fails the request from outside; what still arrives is dropped until the connection is ready. */
  abandon(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#stop();
  }

  /** Lets the source wait. */
  protected pause(): void {
    this.#stream?.pause();
  }

  protected resume(): void {
    this.#stream?.resume();
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
    // Whoever asks knows the columns.
  }

  handleDataRow(_: { readonly fields: readonly unknown[] }): void {
    // Rows that nobody takes.
  }

  handleEmptyQuery(): void {
    // The text is never empty.
  }

  handlePortalSuspended(): void {
    // No portal is read in parts.
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
      const type = buffer[at] ?? 0;
      const end = at + 1 + buffer.readInt32BE(at + 1);
      this.#needed = end - at;
      if (end > buffer.length) {
        if (this.#needed > MOST_ROW_BYTES) this.#tooLong();
        return at;
      }
      if (!this.#taken(type, buffer, at + HEAD_BYTES, end)) {
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

  #taken(type: number, buffer: Buffer, from: number, to: number): boolean {
    try {
      // After a failure rows are dropped, while what the driver must see is still told apart.
      return this.take(type, buffer, from, to);
    } catch (error) {
      this.abandon(error);
      return true;
    }
  }

  /** Whether rows that still arrive are of no use. */
  protected get failed(): boolean {
    return this.#failure !== undefined;
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
