/** Colour space signatures of an ICC profile's header (ICC.1:2022 table 19) by colour channels. */
const SPACE = { 1: "GRAY", 3: "RGB " } as const;

const HEADER_BYTES = 128;

/** Whether `icc` is a whole profile for pixels of 1 (gray) or 3 (RGB) colour channels. */
export function iccFits(icc: Buffer, colours: 1 | 3): boolean {
  return (
    icc.length >= HEADER_BYTES &&
    icc.readUInt32BE(0) <= icc.length &&
    icc.toString("latin1", 16, 20) === SPACE[colours] &&
    icc.toString("latin1", 36, 40) === "acsp"
  );
}
