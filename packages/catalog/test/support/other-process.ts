import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { StoreTarget } from './store-targets.ts';

/** A catalog store in another process, where lake.sales.events has a number in its property `total`. */
export interface CatalogProcess {
  open(target: StoreTarget): Promise<void>;
  close(): Promise<void>;
  total(): Promise<number>;
  /** Adds 1 so many times, again when another writer came first. */
  increment(actor: string, times: number): Promise<void>;
  /** Calls back with each total that this process has committed. */
  onWritten(listener: (total: number) => void): void;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface ProcessCall {
  readonly id: number;
  readonly action: 'open' | 'close' | 'total' | 'increment';
  readonly args: readonly unknown[];
}

type Message =
  { readonly written: number } | { readonly id: number; result?: unknown; failed?: string };

export function startCatalogProcess(): CatalogProcess {
  const script = new URL('./catalog-process.ts', import.meta.url).pathname;
  const child = fork(script, { execArgv: ['--conditions=source', '--import', 'tsx'] });
  const exited = once(child, 'exit');
  const waiting = new Map<number, (message: { result?: unknown; failed?: string }) => void>();
  const listeners: ((total: number) => void)[] = [];
  let calls = 0;
  child.on('message', (message: Message) => {
    if ('written' in message) for (const listener of listeners) listener(message.written);
    else waiting.get(message.id)?.(message);
  });
  child.on('exit', () => {
    for (const settle of waiting.values()) settle({ failed: 'the process has ended' });
  });
  const call = <T>(action: ProcessCall['action'], ...args: readonly unknown[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = ++calls;
      waiting.set(id, ({ result, failed }) => {
        waiting.delete(id);
        if (failed === undefined) resolve(result as T);
        else reject(new Error(failed));
      });
      child.send({ id, action, args } satisfies ProcessCall);
    });
  return {
    open: (target) => call('open', target),
    close: () => call('close'),
    total: () => call('total'),
    increment: (actor, times) => call('increment', actor, times),
    onWritten: (listener) => listeners.push(listener),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
