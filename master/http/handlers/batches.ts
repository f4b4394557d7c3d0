import type { BATCHES } from "../../../shared/api/routes/batches.ts";
import { ownBatch, ownerOf } from "../../access/own.ts";
import { archive } from "../../batches/archive.ts";
import type { Master } from "../../master.ts";
import { cursorOf, placeOf } from "../cursor.ts";
import { addImages, answerOf } from "../incoming/batch_images.ts";
import type { SubmitOptions } from "../incoming/submit.ts";
import type { Handlers } from "../route_call.ts";

/** Jobs that are cancelled or deleted at a time; between them others have their turn. */
const AT_ONCE = 100;

export const batchHandlers = (master: Master, options: SubmitOptions): Handlers<typeof BATCHES> => ({
  createBatch({ body, caller, answerHeaders }) {
    const { name = "", ...asked } = body;
    if (asked.webhook !== undefined) master.webhooks.check(asked.webhook);
    master.checkRoom(0);
    const batch = master.batches.create(caller.owner, name, asked);
    answerHeaders.set("location", `/v1/batches/${batch.id}`);
    return master.batches.view(batch);
  },
  listBatches({ query, caller }) {
    const { limit = 20, cursor } = query;
    const { next, previous, ...found } = master.batches.page(ownerOf(caller), limit, placeOf(cursor));
    return {
      batches: found.batches.map((batch) => master.batches.view(batch)),
      ...(next !== undefined && { next_cursor: cursorOf(next) }),
      ...(previous !== undefined && { previous_cursor: cursorOf(previous) }),
    };
  },
  getBatch: ({ params, caller }) => master.batches.view(ownBatch(master, caller, params.id)),
  async deleteBatch({ params, caller }) {
    const batch = ownBatch(master, caller, params.id);
    await master.batches.remove(batch, async () => {
      const { jobs } = master.list({ batch: batch.id }, AT_ONCE);
      await master.remove(jobs.map((job) => job.id));
      return jobs.length > 0;
    });
    return new Response(null, { status: 204 });
  },
  addImages: async (call) =>
    answerOf(await addImages(call, master, ownBatch(master, call.caller, call.params.id), options), master),
  async cancelBatch({ params, caller }) {
    const batch = ownBatch(master, caller, params.id);
    const filter = {
      batch: batch.id,
      states: ["queued", "ingesting", "running", "exporting", "paused"],
    } as const;
    for (
      let jobs = master.list(filter, AT_ONCE).jobs;
      jobs.length > 0;
      jobs = master.list(filter, AT_ONCE).jobs
    ) {
      master.together(() => {
        for (const { id } of jobs) master.cancel(id);
      });
      await new Promise(setImmediate);
    }
    return master.batches.view(batch);
  },
  getBatchResults({ params, query, caller }) {
    const { format = "zip" } = query;
    const { id } = ownBatch(master, caller, params.id);
    return new Response(archive(master.batches.results(id), format), {
      headers: {
        "content-type": format === "zip" ? "application/zip" : "application/x-tar",
        "content-disposition": `attachment; filename="${id}.${format}"`,
      },
    });
  },
});
