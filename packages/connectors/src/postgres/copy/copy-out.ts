import type { Connection } from 'pg';
import { SourceRequest } from '../source-request.ts';

const COPY_DATA = 'd'.charCodeAt(0);

export interface CopyHandlers {
  /** Whole rows, valid during the call. What it throws fails the query. */
  onPayload(buffer: Buffer, from: number, to: number): void;
  /** A row, in text, that a query beside the COPY answers. */
  onRow(fields: readonly unknown[]): void;
  /** The query failed on this side: the server must be told to stop. Called once at most. */
  onFailure(): void;
}

/** `COPY .. TO STDOUT` and statements around it, in one simple query. */
export class CopyOut extends SourceRequest {
  readonly #text: string;
  readonly #handlers: CopyHandlers;

  constructor(text: string, handlers: CopyHandlers) {
    super(() => handlers.onFailure());
    this.#text = text;
    this.#handlers = handlers;
  }

  protected send(connection: Connection): void {
    connection.query(this.#text);
  }

  protected take(type: number, buffer: Buffer, from: number, to: number): boolean {
    if (type !== COPY_DATA) return false;
    if (!this.failed) this.#handlers.onPayload(buffer, from, to);
    return true;
  }

  override handleDataRow(message: { readonly fields: readonly unknown[] }): void {
    this.#handlers.onRow(message.fields);
  }
}
