/** What a user's objects may begin at (FirstNormalObjectId is 16384), and the first number that is no signed integer of 32 bits. */
const FIRST = 0x1_0000;
const END = 0x8000_0000;

/**
 * OIDs derived from the names of what they number: the same in every thread and after every start. Where two would be the same,
 * the one asked for later takes the next.
 */
export class StableOids {
  readonly #taken = new Set<number>();

  of(key: string): number {
    let oid = FIRST + (hash(key) % (END - FIRST));
    while (this.#taken.has(oid)) {
      oid = oid + 1 === END ? FIRST : oid + 1;
    }
    this.#taken.add(oid);
    return oid;
  }
}

/** FNV-1a over UTF-16 units, 32 bits, with the final mix of MurmurHash3. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
