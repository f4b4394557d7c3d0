/** Turns by which neighbours in a row of any length stay apart: the golden angle. */
const TURN = 137.508;

const places = new Map<string, number>();

/** The same worker has the same colour everywhere on the page: in mosaics, charts and cards. */
export function workerColour(id: string): string {
  const place = places.get(id) ?? places.size;
  places.set(id, place);
  return `oklch(66% 0.15 ${((265 + place * TURN) % 360).toFixed(1)})`;
}
