/** Heights that can be pulled, evenly spaced from black to white. */
export const POINTS = 5;

/**
 * A curve as that many heights. Nothing where it is not one list of numbers, or one that would lose something: its
 * number of spaces has to go into ours.
 */
export function heightsOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length !== 1) return undefined;
  const points: unknown = value[0];
  if (!Array.isArray(points) || !points.every((point) => typeof point === "number")) return undefined;
  const spaces = points.length - 1;
  if (spaces < 1 || (POINTS - 1) % spaces !== 0) return undefined;
  return Array.from({ length: POINTS }, (_, i) => {
    const at = (i / (POINTS - 1)) * spaces;
    const before = Math.floor(at);
    const [low, high] = [points[before]!, points[Math.min(spaces, before + 1)]!];
    return Number((low + (high - low) * (at - before)).toFixed(4));
  });
}
