import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Client, hasEnded, type SubmitOptions } from "../../client/client.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { receiveInto, sendToStdout } from "./place.ts";
import type { OnProgress, Order, Site } from "./site.ts";
import { transferLine } from "./transfer_line.ts";

/** A server. */
export function openThere(client: Client, onProgress: OnProgress): Site {
  const cancelled = (thrown: unknown, { aborted }: AbortSignal): unknown =>
    aborted ? new TesseraError("job_cancelled") : thrown;
  return {
    async submit(order, signal) {
      const sent = transferLine(basename(order.image), "sent");
      try {
        const how = { ...submission(order), signal, onProgress: sent.show };
        return await client.submit(await imageFile(order.image), how);
      } catch (thrown) {
        throw cancelled(thrown, signal);
      } finally {
        sent.clear();
      }
    },
    async wait(id, signal) {
      try {
        for await (const job of client.watch(id, { signal })) {
          onProgress(job);
          if (hasEnded(job)) return job;
        }
        throw new TesseraError("job_not_found");
      } catch (thrown) {
        throw cancelled(thrown, signal);
      }
    },
    async cancel(id) {
      try {
        await client.cancelJob({ id });
      } catch (thrown) {
        const { code, message } = asTesseraError(thrown);
        if (code === "job_not_active" || code === "job_not_found") return;
        throw new TesseraError(code, `The job ${id} was not cancelled: ${message}`, { cause: thrown });
      }
    },
    async deliver(id, place, signal) {
      try {
        const { stream } = await client.download(id, { signal });
        if (place === "-") await sendToStdout(stream);
        else await receiveInto(stream, place);
      } catch (thrown) {
        throw cancelled(thrown, signal);
      }
    },
    async close() {},
  };
}

/** @throws file_not_found */
export async function imageFile(path: string): Promise<Blob> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TesseraError("file_not_found", "", { cause });
  });
  if (!found.isFile()) throw new TesseraError("file_not_found", "It is no file.");
  return Bun.file(path);
}

/** An order as the server is told it. */
export function submission({ image, format, options }: Order): SubmitOptions {
  const { do: pipeline, tileSize, quality, effort, lossless, background, metadata, profile } = options;
  const output = { format, quality, effort, lossless, background, metadata };
  return { ...output, pipeline, profile, tile_size: tileSize, name: basename(image) };
}
