/**
 * A fixed piece of arithmetic on one thread that nothing of ours can make quicker or slower. What is measured in turn
 * with it can be compared between runs although the machine has another speed each time. It is compiled ahead: what is
 * compiled as it runs has another speed in each process.
 */
export const yardstick = (): string => new Bun.CryptoHasher("blake2b256").update(BYTES).digest("hex");

const BYTES = new Uint8Array(1 << 19).fill(7);
