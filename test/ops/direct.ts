import { bytesPerPixel, grow, type Rect, type Shape, wholeOf } from "../../shared/geometry.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import type { AreaOp, Plane, Step } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";
import { at, type Image } from "./naive.ts";

const kernels = loadKernels();

/**
 * Runs an area op's own compute on a whole image, edges repeated as the op asks, without the chain around it: so the
 * kernels meet 2 and 4 channels as they are, not premultiplied. Bytes around each buffer are filled with a pattern, and
 * what lies more than 15 bytes after the target must be untouched.
 */
export function direct(step: Step, image: Image): number[] {
  const op = opNamed(step.op) as AreaOp;
  const { width, height, channels, depth } = image;
  const shape: Shape = { width, height, channels, depth };
  const out = wholeOf(image);
  const outShape = op.output?.(shape, step as never) ?? shape;
  const need = op.window(out, shape, step as never);
  kernels.reset();
  const source = planeFor(kernels, op.extend === "edge" ? need : clip(need, out), shape);
  const target = planeFor(kernels, out, outShape);
  fill(kernels, source, image);
  const after = target.at + target.stride * (out.height - 1) + out.width * bytesPerPixel(outShape) + 15;
  kernels.bytes.fill(0xa5, after, after + 33);
  const scratch = (bytes: number) => kernels.alloc(bytes + 64) + 64;
  op.compute({ kernels, source, target, params: step as never, image: shape, scratch });
  if (kernels.bytes.subarray(after, after + 33).some((byte) => byte !== 0xa5))
    throw new Error("wrote too far");
  return read(kernels, target);
}

const clip = (need: Rect, image: Rect): Rect =>
  need.width > image.width || need.x < 0 ? image : grow(image, 0);

function planeFor(memory: Kernels, rect: Rect, format: Shape): Plane {
  const stride = rect.width * bytesPerPixel(format);
  const start = memory.alloc(stride * rect.height + 192) + 64;
  return { at: start, rect, format: { channels: format.channels, depth: format.depth }, stride };
}

function samples(memory: Kernels, plane: Plane, y: number): Uint8Array | Uint16Array {
  const { buffer } = memory.bytes;
  const start = plane.at + y * plane.stride;
  const count = plane.rect.width * plane.format.channels;
  return plane.format.depth === 8
    ? new Uint8Array(buffer, start, count)
    : new Uint16Array(buffer, start, count);
}

function fill(memory: Kernels, plane: Plane, image: Image): void {
  memory.bytes.fill(0x5a, plane.at - 64, plane.at + plane.stride * plane.rect.height + 64);
  for (let y = 0; y < plane.rect.height; y++) {
    const row = samples(memory, plane, y);
    for (let i = 0; i < row.length; i++) {
      const x = Math.floor(i / image.channels);
      row[i] = at(image, plane.rect.x + x, plane.rect.y + y, i % image.channels);
    }
  }
}

function read(memory: Kernels, plane: Plane): number[] {
  return Array.from({ length: plane.rect.height }, (_, y) => Array.from(samples(memory, plane, y))).flat();
}
