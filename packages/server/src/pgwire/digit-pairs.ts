/** The two digits of every number below 100, one pair after the other. */
export const DIGIT_PAIRS: Uint8Array = Uint8Array.from({ length: 200 }, (_, index) => {
  const value = index >> 1;
  return 0x30 + (index % 2 === 0 ? Math.floor(value / 10) : value % 10);
});
