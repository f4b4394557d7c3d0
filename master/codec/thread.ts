import { encodePngStrip } from "./png_strip.ts";
import type { EncodedStrip, StripTask } from "./strip.ts";
import { encodeTiffStrip } from "./tiff_strip.ts";

/** What a thread of the codec pool runs. */
export default function encodeStrip(task: StripTask): EncodedStrip {
  const strip = task.kind === "png" ? encodePngStrip(task) : encodeTiffStrip(task);
  // a copy of its own length: sent to the other thread, a view would take all that lies behind it along
  return { ...strip, deflated: new Uint8Array(strip.deflated) };
}
