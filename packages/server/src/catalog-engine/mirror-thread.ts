import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { QueryError } from '@tributary/sql';
import { mirrorFailure } from './mirror-failure.ts';
import type { TaskResults, WorkerAnswer, WorkerStart, WorkerTask } from './worker-protocol.ts';

/** From source the thread needs the loader of TypeScript as well, which does not register itself there; a build runs as it is. */
function entry(): { readonly url: URL; readonly execArgv: readonly string[] } {
  const fromSource = fileURLToPath(import.meta.url).endsWith('.ts');
  const url = new URL(fromSource ? './worker.ts' : './worker.js', import.meta.url);
  if (!fromSource) {
    return { url, execArgv: [] };
  }
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(loader)}, { data: true });`;
  return {
    url,
    execArgv: [
      '--conditions=source',
      '--import',
      `data:text/javascript,${encodeURIComponent(register)}`,
    ],
  };
}

interface Pending {
  resolve(answer: WorkerAnswer): void;
  reject(reason: QueryError): void;
}

/**
 * A thread that holds one mirror. It does one task at a time; a task that is not wanted any more ends with the thread. Once
 * `alive` is false every call fails and another thread must take its place.
 */
export class MirrorThread {
  readonly #worker: Worker;
  #pending: Pending | undefined;
  #ended: QueryError | undefined;

  private constructor(workerData: WorkerStart) {
    const { url, execArgv } = entry();
    this.#worker = new Worker(url, { execArgv: [...execArgv], workerData });
    this.#worker.on('message', (answer: WorkerAnswer) => {
      const pending = this.#pending;
      this.#pending = undefined;
      pending?.resolve(answer);
    });
    this.#worker.on('error', (error) => {
      this.#end(new QueryError('internalError', 'the system catalogs failed', { cause: error }));
    });
    this.#worker.on('exit', () => {
      this.#end(new QueryError('internalError', 'the system catalogs stopped'));
    });
  }

  /** Starts a thread and waits until it takes tasks, at most `limitMs`. */
  static async start(
    workerData: WorkerStart,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly thread: MirrorThread; readonly volatileFunctions: readonly string[] }> {
    const thread = new MirrorThread(workerData);
    const late = new QueryError('cannotConnectNow', 'the system catalogs took too long to start', {
      hint: 'Try again.',
    });
    const answer = await thread
      .#answer(() => undefined, limitMs, late, signal)
      .catch(async (error: unknown) => {
        // Nobody else knows of the thread: it would outlive whoever waits for its end.
        await thread.stop();
        throw error;
      });
    if (answer.kind !== 'ready') {
      await thread.stop();
      throw new QueryError('internalError', 'the system catalogs did not start');
    }
    return { thread, volatileFunctions: answer.volatileFunctions };
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Does a task. Errors: the statement's own; queryCanceled when it runs longer than `limitMs` or the signal aborts, after
   * which the thread is not alive.
   */
  async run<T extends WorkerTask>(
    task: T,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<TaskResults[T['kind']]> {
    const late = new QueryError(
      'queryCanceled',
      `canceling statement: it ran longer than ${limitMs / 1000} s over the system catalogs`,
    );
    const answer = await this.#answer(() => this.#worker.postMessage(task), limitMs, late, signal);
    switch (answer.kind) {
      case 'result':
        // The thread answers each kind of task with its own kind of result.
        return answer.value as TaskResults[T['kind']];
      case 'failure':
        throw mirrorFailure(answer.failure);
      case 'broken':
      case 'ready':
        await this.stop();
        throw new QueryError('internalError', 'the system catalogs failed', {
          cause: answer.kind === 'broken' ? answer.message : undefined,
        });
    }
  }

  async stop(): Promise<void> {
    this.#end(new QueryError('adminShutdown', 'the system catalogs are shutting down'));
    await this.#worker.terminate();
  }

  #end(reason: QueryError): void {
    this.#ended ??= reason;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(reason);
  }

  async #answer(
    send: () => void,
    limitMs: number,
    late: QueryError,
    signal: AbortSignal,
  ): Promise<WorkerAnswer> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    const kill = (reason: QueryError): void => {
      this.#end(reason);
      void this.#worker.terminate();
    };
    const onAbort = (): void => kill(cancellation(signal));
    const timer = setTimeout(() => kill(late), limitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<WorkerAnswer>((resolve, reject) => {
        this.#pending = { resolve, reject };
        if (signal.aborted) {
          onAbort();
        } else {
          send();
        }
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** The error of a cancelled statement: the signal's own reason where that is one. */
export function cancellation(signal: AbortSignal): QueryError {
  const reason: unknown = signal.reason;
  return reason instanceof QueryError
    ? reason
    : new QueryError('queryCanceled', 'canceling statement due to user request');
}
