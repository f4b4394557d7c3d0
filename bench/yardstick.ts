/**
 * A fixed piece of arithmetic on one thread that nothing of ours can make quicker or slower. What is measured in turn
 * with it can be compared between runs although the machine has another speed each time.
 */
export function yardstick(): number {
  let state = 1;
  for (let pass = 0; pass < PASSES; pass++)
    for (let i = 0; i < BYTES.length; i++) {
      state = (Math.imul(state, 1664525) + (BYTES[i]! ^ i)) | 0;
      BYTES[i] = state >>> 24;
    }
  return state;
}

const BYTES = new Uint8Array(1 << 16);
const PASSES = 8;
