import { PROTOCOL, type Task } from "../../shared/bus/messages.ts";

/** A promise that resolves at the last of `hits` hits. */
export function countdown(hits: number) {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let left = hits;
  return {
    done,
    hit: () => {
      if (--left === 0) finish();
    },
  };
}

/** A task of 2 × 2 gray pixels, the first of which is its number. */
export function task(tile: number): Task {
  const rect = { x: 0, y: 0, width: 2, height: 2 };
  return {
    protocol: PROTOCOL,
    job: "job",
    stage: 0,
    tile,
    attempt: 1,
    token: `token-${tile}`,
    steps: [],
    input: { width: 2, height: 2, channels: 1, depth: 8 },
    out: rect,
    window: { rect, format: { channels: 1, depth: 8 }, data: Uint8Array.of(tile, 1, 2, 3), stride: 2 },
    pixels: true,
    figures: false,
  };
}
