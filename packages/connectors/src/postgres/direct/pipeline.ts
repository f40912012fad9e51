import type { Connection } from 'pg';
import { SourceRequest } from '../source-request.ts';
import { FrontendMessages } from './frontend-messages.ts';

const PARSED = '1'.charCodeAt(0);
const BOUND = '2'.charCodeAt(0);
const CLOSED = '3'.charCodeAt(0);
const ROW = 'D'.charCodeAt(0);
const COMPLETE = 'C'.charCodeAt(0);

/** A statement of a pipeline with its values, in text; its rows come in binary form. */
export interface Step {
  /** What the connection calls it; empty: it has no name and is parsed each time. */
  readonly name: string;
  /** What is parsed first; undefined where the connection knows the name. */
  readonly text: string | undefined;
  readonly values: readonly (string | null)[];
}

export interface PipelineHandlers {
  /** The server has parsed a step's text. */
  onParsed(step: number): void;
  /** A row of a step, valid during the call. What it throws fails the query. */
  onRow(step: number, buffer: Buffer, from: number): void;
  /** The query failed on this side: the server must be told to stop. Called once at most. */
  onFailure(): void;
}

/** Statements of the extended protocol that are one transaction and one round trip. `forget`: names that the server may drop. */
export class Pipeline extends SourceRequest {
  readonly #steps: readonly Step[];
  readonly #forget: readonly string[];
  readonly #handlers: PipelineHandlers;
  #step = 0;

  constructor(steps: readonly Step[], forget: readonly string[], handlers: PipelineHandlers) {
    super(() => handlers.onFailure());
    this.#steps = steps;
    this.#forget = forget;
    this.#handlers = handlers;
  }

  /** Lets the source wait while `work` goes on. What it throws fails the query. */
  async during(work: () => Promise<void>): Promise<void> {
    this.pause();
    try {
      await work();
    } catch (error) {
      this.abandon(error);
      throw error;
    } finally {
      this.resume();
    }
  }

  protected send({ stream }: Connection): void {
    const messages = new FrontendMessages();
    // First: after a failure nothing is heard up to Sync.
    for (const name of this.#forget) messages.close(name);
    for (const { name, text, values } of this.#steps) {
      if (text !== undefined) messages.parse(name, text);
      messages.bind(name, values);
      messages.execute();
    }
    messages.sync();
    stream.write(messages.bytes());
  }

  protected take(type: number, buffer: Buffer, from: number): boolean {
    switch (type) {
      case ROW:
        if (!this.failed) this.#handlers.onRow(this.#step, buffer, from);
        return true;
      case COMPLETE:
        this.#step += 1;
        return true;
      case PARSED:
        this.#handlers.onParsed(this.#step);
        return true;
      case BOUND:
      case CLOSED:
        return true;
      default:
        return false;
    }
  }
}
