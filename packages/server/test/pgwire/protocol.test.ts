import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSocket, type RawClient } from './support/raw-client.ts';
import type { TestServer } from './support/test-server.ts';
import { startTestServer } from './support/test-server.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.stop());

async function raw<T>(use: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await createSocket(test.port);
  try {
    await client.login('ana');
    return await use(client);
  } finally {
    client.end();
  }
}

const cstring = (text: string) => Buffer.from(`${text}\0`);
const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const parse = (name: string, sql: string) => ['P', cstring(name), cstring(sql), int16(0)] as const;
const bind = (portal: string, name: string, format = 0) =>
  ['B', cstring(portal), cstring(name), int16(0), int16(0), int16(1), int16(format)] as const;
const execute = (portal: string, rows = 0) => ['E', cstring(portal), int32(rows)] as const;
const sync = ['S'] as const;

describe('the extended protocol', () => {
  it('answers a pipeline in order and skips to Sync after an error', async () => {
    const types = await raw(async (client) => {
      client.send(parse('', 'select 1'), bind('', ''), execute(''));
      client.send(parse('', 'syntax!'), bind('', ''), execute(''), sync);
      client.send(parse('', 'select 2'), bind('', ''), execute(''), sync);
      const first = await client.until('Z');
      return first + (await client.until('Z'));
    });
    expect(types).toBe('12DCEZ12DCZ');
  });

  it('suspends a portal at max rows and goes on with it', async () => {
    const types = await raw(async (client) => {
      client.send(parse('', 'select i from range(5) r(i)'), bind('p', ''));
      client.send(execute('p', 2), execute('p', 2), execute('p', 2), sync);
      return client.until('Z');
    });
    expect(types).toBe('12DDsDDsDCZ');
  });

  it('portals end with their transaction, and live through Sync inside one', async () => {
    const types = await raw(async (client) => {
      client.send(parse('', 'select 1'), bind('p', ''), sync, execute('p'), sync);
      const outside = (await client.until('Z')) + (await client.until('Z'));
      client.send(['Q', cstring('begin')]);
      await client.until('Z');
      client.send(parse('', 'select 1'), bind('q', ''), sync, execute('q'), sync);
      return [outside, (await client.until('Z')) + (await client.until('Z'))];
    });
    expect(types).toEqual(['12ZEZ', '12ZDCZ']);
  });

  it('describes statements and portals before anything runs', async () => {
    const types = await raw(async (client) => {
      client.send(parse('s', 'select $1'), ['D', Buffer.from('S'), cstring('s')]);
      client.send(parse('', 'begin'), ['D', Buffer.from('S'), cstring('')], parse('', ''));
      client.send(bind('', ''), ['D', Buffer.from('P'), cstring('')], execute(''), sync);
      return client.until('Z');
    });
    expect(types).toBe('1tT1tn12nIZ');
  });

  it('Flush sends what is there without Sync', async () => {
    const types = await raw(async (client) => {
      client.send(parse('', 'select 1'), ['H']);
      return client.until('1');
    });
    expect(types).toBe('1');
  });

  it('an unknown statement or portal and a name taken twice are errors of their own', async () => {
    const codes = await raw(async (client) => {
      client.send(bind('', 'nope'), sync, execute('nope'), sync);
      await client.until('Z');
      await client.until('Z');
      client.send(parse('a', 'select 1'), sync, parse('a', 'select 1'), sync);
      await client.until('Z');
      await client.until('Z');
      return client.errorCodes();
    });
    expect(codes).toEqual(['26000', '34000', '42P05']);
  });

  it('DEALLOCATE ends a statement that Parse made', async () => {
    const types = await raw(async (client) => {
      client.send(parse('mine', 'select 1'), sync, ['Q', cstring('deallocate mine')]);
      await client.until('Z');
      const dropped = await client.until('Z');
      client.send(bind('', 'mine'), sync);
      return dropped + (await client.until('Z'));
    });
    expect(types).toBe('CZEZ');
  });
});

describe('hostile bytes', () => {
  it('an oversized, a negative or an unknown message ends that connection only', async () => {
    for (const bytes of [
      Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]),
      Buffer.from([0x51, 0, 0, 0, 1]),
      Buffer.from([0x7a, 0, 0, 0, 4]),
    ]) {
      const codes = await raw(async (client) => {
        client.bytes(bytes);
        await client.closed();
        return client.errorCodes();
      });
      expect(codes).toEqual(['08P01']);
    }
    expect(test.errors).toEqual([]);
  });

  it('a large first packet is refused before it is kept', async () => {
    const client = await createSocket(test.port);
    client.bytes(Buffer.from([0, 1, 0, 0, 0, 3, 0, 0]));
    await client.closed();
    expect(client.errorCodes()).toEqual(['08P01']);
  });

  it('random messages never break the server', async () => {
    let state = 42;
    const next = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const letters = 'PBDECSHQFdcfp';
    for (let round = 0; round < 60; round++) {
      const client = await createSocket(test.port);
      await client.login('ana');
      for (let count = next(8); count >= 0; count--) {
        const body = Buffer.from(Array.from({ length: next(40) }, () => next(256)));
        client.send([letters.charAt(next(letters.length)), body]);
      }
      client.end();
      await client.closed();
    }
    const types = await raw(async (client) => {
      client.send(['Q', cstring('select 1')]);
      return client.until('Z');
    });
    expect(types).toBe('TDCZ');
  });
});
