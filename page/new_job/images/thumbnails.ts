/** Small pictures of files, made by the browser one after the other, so that only one large image is in memory. */
import { images, type SourceImage } from "./images.ts";

/** Longer side in pixels, for screens that have two for one. */
const SIDE = 160;
/** Larger files would stop the page while the browser decodes them. */
const BYTES_MAX = 80_000_000;

let queue = Promise.resolve();

export function makeThumbnail(image: SourceImage): void {
  queue = queue.then(() => make(image));
}

async function make(image: SourceImage): Promise<void> {
  const { source, size, thumbnail } = image;
  const isThere = () => images.value.includes(image);
  if (!("file" in source) || source.file.size > BYTES_MAX || !isThere()) return;
  const src = URL.createObjectURL(source.file);
  try {
    const picture = new Image();
    picture.src = src;
    await picture.decode();
    const { naturalWidth: width, naturalHeight: height } = picture;
    size.value ??= { width, height };
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = new OffscreenCanvas(Math.max(1, width * scale), Math.max(1, height * scale));
    canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await canvas.convertToBlob({ type: "image/webp" });
    if (isThere()) thumbnail.value = URL.createObjectURL(small);
  } catch {
    // A kind of image that browsers do not show, such as TIFF. The server's view of it comes later.
  } finally {
    URL.revokeObjectURL(src);
  }
}
