import type { EventEmitter } from 'node:events';
import type pg from 'pg';

/** What a server sent for one Query message, as text that can be compared: one line an event. */
export type Transcript = readonly string[];

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly format: string;
}

/** The parts of node-postgres that its types leave out. */
interface RawConnection extends EventEmitter {
  query(text: string): void;
}

/** A query whose messages are kept as they come. */
class Recorder {
  readonly events: string[] = [];
  readonly done: Promise<void>;
  readonly #text: string;
  #finish: () => void = () => undefined;
  readonly #onCopyOut = (message: { binary: boolean; columnTypes: readonly number[] }): void => {
    this.events.push(`copy out ${String(message.binary)} ${message.columnTypes.join(',')}`);
  };
  readonly #onNotice = (notice: { severity?: string; code?: string; message: string }): void => {
    this.events.push(`${notice.severity ?? ''} ${notice.code ?? ''} ${notice.message}`);
  };
  #connection: RawConnection | undefined;

  constructor(text: string) {
    this.#text = text;
    this.done = new Promise((resolve) => (this.#finish = resolve));
  }

  submit(connection: RawConnection): void {
    this.#connection = connection;
    connection.on('copyOutResponse', this.#onCopyOut);
    connection.on('notice', this.#onNotice);
    connection.query(this.#text);
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    const described = fields.map((each) => `${each.name}:${each.dataTypeID}:${each.format}`);
    this.events.push(`columns ${described.join(' ')}`);
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    this.events.push(`row ${JSON.stringify(fields)}`);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.events.push(`data ${JSON.stringify(chunk.toString('latin1'))}`);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.events.push(`complete ${text}`);
  }

  handleEmptyQuery(): void {
    this.events.push('empty');
  }

  handleError(error: { code?: string; message: string }): void {
    this.events.push(`error ${error.code ?? ''} ${error.message}`);
    this.#end();
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  #end(): void {
    this.#connection?.off('copyOutResponse', this.#onCopyOut);
    this.#connection?.off('notice', this.#onNotice);
    this.#finish();
  }
}

/** Sends one Query message and records the answer. */
export async function transcript(client: pg.Client, text: string): Promise<Transcript> {
  const recorder = new Recorder(text);
  client.query(recorder as unknown as pg.Submittable);
  await recorder.done;
  return recorder.events;
}
