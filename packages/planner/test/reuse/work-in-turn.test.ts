import { describe, expect, test } from '@jest/globals';
import { QueryError } from '@tributary/sql';
import { BackgroundWork } from '../../src/reuse/background-work.ts';
import { RetryBudget, withRetries } from '../../src/reuse/backoff.ts';
import { cutUnits } from '../../src/reuse/scan-units.ts';
import { SingleFlight } from '../../src/reuse/single-flight.ts';
import type { Window } from '../../src/reuse/windows.ts';

const DAY = 86_400_000;

function windowAt(day: number | null, bytes = 1): Window {
  return {
    id: String(day),
    values: [day === null ? null : String(day)],
    span: day === null ? null : { from: day * DAY, to: (day + 1) * DAY },
    partitions: [0],
    files: 1,
    bytes,
    version: '',
    modifiedAt: undefined,
  };
}

function cut(windows: readonly Window[], days: number): readonly (readonly string[])[] {
  return cutUnits(windows, days, 'groups').map((unit) => unit.map(({ id }) => id));
}

describe('scan units', () => {
  test('hold at most so many days, counted from the first', () => {
    expect(
      cut(
        [1, 2, 3, 4, 5].map((day) => windowAt(day)),
        2,
      ),
    ).toEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(
      cut(
        [1, 5, 9, 10].map((day) => windowAt(day)),
        5,
      ),
    ).toEqual([
      ['1', '5'],
      ['9', '10'],
    ]);
    expect(
      cut(
        [1, 2].map((day) => windowAt(day)),
        1,
      ),
    ).toEqual([['1'], ['2']]);
    expect(cut([], 60)).toEqual([]);
  });

  test('are bounded in bytes, unless one window is larger', () => {
    const giga = 1024 ** 3;
    expect(cut([windowAt(1, giga), windowAt(2, giga), windowAt(3, 1)], 60)).toEqual([
      ['1', '2'],
      ['3'],
    ]);
    expect(cut([windowAt(1, 9 * giga), windowAt(2, 1)], 60)).toEqual([['1'], ['2']]);
  });

  test('take the window without a time along', () => {
    expect(cut([windowAt(1), windowAt(null)], 1)).toEqual([['1', 'null']]);
  });
});

describe('single flight', () => {
  test('who comes second waits for the first, by key', async () => {
    const flights = new SingleFlight();
    const claim = flights.claim(['a', 'b']);
    expect(flights.running('c')).toBeUndefined();
    const [a, b] = [flights.running('a'), flights.running('b')];
    expect(a).toBeDefined();
    claim.release();
    await Promise.all([a, b]);
    expect(flights.running('a')).toBeUndefined();
    expect(flights.running('b')).toBeUndefined();
  });

  test('a claim that ends twice does not end the next one', () => {
    const flights = new SingleFlight();
    const first = flights.claim(['a']);
    first.release();
    flights.claim(['a']);
    first.release();
    expect(flights.running('a')).toBeDefined();
  });
});

describe('work in the background', () => {
  test('runs one piece after another, and is told of failures', async () => {
    const failures: unknown[] = [];
    const seen: string[] = [];
    const background = new BackgroundWork(8, (error) => failures.push(error));
    for (const name of ['a', 'b', 'c']) {
      background.add(
        async () => {
          seen.push(`${name} begins`);
          await Promise.resolve();
          if (name === 'b') throw new Error('b failed');
          seen.push(`${name} ends`);
        },
        () => {
          seen.push(`${name} done`);
          return Promise.resolve();
        },
      );
    }
    await background.settled();
    expect(seen).toEqual([
      'a begins',
      'a ends',
      'a done',
      'b begins',
      'b done',
      'c begins',
      'c ends',
      'c done',
    ]);
    expect(failures).toEqual([expect.objectContaining({ message: 'b failed' })]);
  });

  test('leaves out what does not fit, and says that it is done with it', async () => {
    let ran = 0;
    let done = 0;
    const background = new BackgroundWork(3, () => undefined);
    for (let at = 0; at < 10; at++) {
      background.add(
        () => {
          ran++;
          return Promise.resolve();
        },
        () => {
          done++;
          return Promise.resolve();
        },
      );
    }
    await background.settled();
    expect([ran, done]).toEqual([3, 10]);
  });

  test('is interrupted by closing, without a failure', async () => {
    const failures: unknown[] = [];
    let later = 0;
    let done = 0;
    const background = new BackgroundWork(8, (error) => failures.push(error));
    const finished = (): Promise<void> => {
      done++;
      return Promise.resolve();
    };
    background.add(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('interrupted'));
          });
        }),
      finished,
    );
    background.add(() => {
      later++;
      return Promise.resolve();
    }, finished);
    await Promise.resolve();
    await background.close();
    expect([later, done, failures]).toEqual([0, 2, []]);
  });
});

describe('retries', () => {
  const passing = new QueryError('sourceUnavailable', 'slow down');

  test('of passing failures, a few', async () => {
    let attempts = 0;
    let retries = 0;
    const signal = new AbortController().signal;
    const onRetry = (): void => {
      retries++;
    };
    const answer = await withRetries(
      () => (++attempts < 3 ? Promise.reject(passing) : Promise.resolve('answer')),
      { signal, budget: new RetryBudget(), onRetry },
    );
    expect([answer, attempts, retries]).toEqual(['answer', 3, 2]);
    attempts = 0;
    await expect(
      withRetries(() => (attempts++, Promise.reject(passing)), {
        signal,
        budget: new RetryBudget(),
        onRetry,
      }),
    ).rejects.toMatchObject({ code: 'sourceUnavailable' });
    expect(attempts).toBe(4);
  });

  test('of no others', async () => {
    let attempts = 0;
    await expect(
      withRetries(
        () => {
          attempts++;
          return Promise.reject(new QueryError('diskFull', 'full'));
        },
        {
          signal: new AbortController().signal,
          budget: new RetryBudget(),
          onRetry: () => undefined,
        },
      ),
    ).rejects.toMatchObject({ code: 'diskFull' });
    expect(attempts).toBe(1);
  });

  test('of all units of a block have a budget together', async () => {
    const budget = new RetryBudget(2);
    let attempts = 0;
    const work = (): Promise<never> => (attempts++, Promise.reject(passing));
    const context = { signal: new AbortController().signal, budget, onRetry: () => undefined };
    const outcomes = await Promise.allSettled([
      withRetries(work, context),
      withRetries(work, context),
      withRetries(work, context),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(attempts).toBe(3 + 2);
  });

  test('end when they are cancelled', async () => {
    const cancel = new AbortController();
    let attempts = 0;
    const work = withRetries(
      () => {
        attempts++;
        cancel.abort();
        return Promise.reject(passing);
      },
      { signal: cancel.signal, budget: new RetryBudget(), onRetry: () => undefined },
    );
    await expect(work).rejects.toBeDefined();
    expect(attempts).toBe(1);
  });
});
