/** Colours of a landscape from its shade to its light, in 8-bit sRGB: deep water, shore, meadow, sand, warm haze, cloud. */
const COLOURS = [
  { at: -1, rgb: [36, 44, 72] },
  { at: -0.5, rgb: [50, 88, 118] },
  { at: -0.15, rgb: [74, 112, 66] },
  { at: 0.15, rgb: [142, 138, 80] },
  { at: 0.5, rgb: [204, 158, 102] },
  { at: 0.8, rgb: [214, 190, 168] },
  { at: 1, rgb: [216, 214, 216] },
] as const;

/** Brings −1..1 (and beyond, which is cut off) to samples of 0..65535, one array a channel, straight between colours. */
export function colourise(
  level: Float64Array,
  red: Float64Array,
  green: Float64Array,
  blue: Float64Array,
): void {
  for (let node = 0; node < level.length; node++) {
    const t = Math.max(-1, Math.min(1, level[node]!));
    let i = 1;
    while (i < COLOURS.length - 1 && t > COLOURS[i]!.at) i++;
    const from = COLOURS[i - 1]!;
    const to = COLOURS[i]!;
    const part = (t - from.at) / (to.at - from.at);
    const mix = (channel: 0 | 1 | 2) =>
      257 * (from.rgb[channel] + (to.rgb[channel] - from.rgb[channel]) * part);
    red[node] = mix(0);
    green[node] = mix(1);
    blue[node] = mix(2);
  }
}
