import { QueryError } from '@tributary/sql';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import type { Message } from './reader.ts';
import { MessageSplitter } from './reader.ts';
import type { ClientCertificate, TlsAcceptor } from './tls.ts';
import { clientCertificate } from './tls.ts';
import { Writer } from './writer.ts';

/** PostgreSQL's own limit on what a stranger may send. */
const LOGIN_MESSAGE_BYTES = 10_000;
/** Input of a busy connection that is read ahead. */
const READ_AHEAD_BYTES = 256 * 1024;
const SEND_BYTES = 128 * 1024;

/** A client's socket as messages in and bytes out. Waits for a slow reader, and holds back a fast writer. */
export class ClientSocket {
  readonly out = new Writer();
  /** Called once when the client has gone. */
  onGone: (() => void) | undefined;
  #socket: Socket;
  readonly #logger: Logger;
  readonly #splitter = new MessageSplitter(LOGIN_MESSAGE_BYTES);
  /** Wakes whoever waits for input, for the socket to drain, or for neither. */
  #wake: (() => void) | undefined;
  #gone = false;
  #stopped: QueryError | undefined;

  constructor(socket: Socket, logger: Logger) {
    this.#socket = socket;
    this.#logger = logger;
    this.#listen(socket);
  }

  get gone(): boolean {
    return this.#gone;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  /** What the client showed in the handshake; undefined without TLS or a certificate. */
  get certificate(): ClientCertificate | undefined {
    return clientCertificate(this.#socket);
  }

  /** Input that has come and was not read. */
  get buffered(): number {
    return this.#splitter.buffered;
  }

  /** From now on messages begin with their type, as after the startup packet. */
  startupRead(): void {
    this.#splitter.startup = false;
  }

  /** Bytes of a message's body. */
  set messageLimit(bytes: number) {
    this.#splitter.limit = bytes;
  }

  /**
   * The next message; undefined when the client has gone.
   *
   * @throws QueryError what `stop` was given; protocolViolation for bytes that are no message.
   */
  async next(): Promise<Message | undefined> {
    for (;;) {
      if (this.#gone) return undefined;
      if (this.#stopped !== undefined) throw this.#stopped;
      const message = this.#splitter.next();
      if (message !== undefined) return message;
      const waiting = this.#wait();
      this.#socket.resume();
      await waiting;
    }
  }

  /** Makes `next` fail; wakes it where it waits and `now` says so. */
  stop(reason: QueryError, now: boolean): void {
    this.#stopped ??= reason;
    if (now) this.#wake?.();
  }

  /** Sends what was written and waits while the client is slow to read. Throws when the client has gone. */
  async flush(): Promise<void> {
    if (this.#gone) throw clientGone();
    await this.#send();
  }

  /** As `flush`, once much has gathered; other connections get their turn. */
  async drain(): Promise<void> {
    if (this.out.length < SEND_BYTES) return;
    if (this.#gone) throw clientGone();
    const sent = await this.#send();
    // The socket is done with this memory: the next rows are written there.
    if (sent !== undefined && this.#socket.writableLength === 0) this.out.reuse(sent);
    await nextTurn();
  }

  /** Answers what was sent. */
  async #send(): Promise<Buffer | undefined> {
    if (this.out.length === 0) return undefined;
    const bytes = this.out.take();
    if (!this.#socket.write(bytes)) {
      while (this.#socket.writableLength > 0 && !this.#gone) await this.#wait();
    }
    return bytes;
  }

  /** Sends what was written, if that is possible, without waiting for the client to read it. */
  async sendLast(): Promise<void> {
    if (this.#gone || this.#socket.destroyed) return;
    try {
      this.#socket.write(this.out.take());
      await nextTurn();
    } catch {
      // The client has gone meanwhile.
    }
  }

  /** Goes on over TLS, once the handshake is done. Nothing may have come yet of what the client sends encrypted. */
  async secure(tls: TlsAcceptor): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('drain');
    const secured = await tls.secure(plain);
    if (secured === undefined) return;
    this.#socket = secured;
    this.#listen(secured);
  }

  /** Closes after what was written has been sent. */
  end(): void {
    this.#gone = true;
    this.#socket.end();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#splitter.push(chunk);
      if (this.#splitter.buffered > READ_AHEAD_BYTES && this.#wake === undefined) socket.pause();
      this.#wake?.();
    });
    socket.on('drain', () => this.#wake?.());
    socket.on('error', (error) => {
      this.#logger.debug({ err: error }, 'a client connection broke');
    });
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#gone = true;
      this.onGone?.();
      this.#wake?.();
    });
  }

  /** Waits for the next thing to happen on the socket. */
  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function clientGone(): QueryError {
  return new QueryError('queryCanceled', 'the client has gone');
}
