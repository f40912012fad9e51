import { describe, expect, test } from '@jest/globals';
import { ResultCache } from '../../src/catalog-engine/result-cache.ts';

describe('The cache of results', () => {
  test('drops what was used longest ago', () => {
    const cache = new ResultCache<number>(80);
    for (let index = 0; index < 8; index += 1) {
      cache.set(String(index), index, 9);
    }
    expect(cache.get('0')).toBe(0);
    cache.set('8', 8, 9);
    expect(cache.get('1')).toBeUndefined();
    expect(cache.get('0')).toBe(0);
    expect(cache.get('8')).toBe(8);
  });

  test('replaces a value without counting it twice', () => {
    const cache = new ResultCache<number>(80);
    for (let round = 0; round < 20; round += 1) {
      cache.set('a', round, 9);
    }
    cache.set('b', 1, 9);
    expect(cache.get('a')).toBe(19);
    expect(cache.get('b')).toBe(1);
  });

  test('does not keep what would push much else out', () => {
    const cache = new ResultCache<number>(80);
    cache.set('a', 1, 10);
    expect(cache.get('a')).toBeUndefined();
  });
});
