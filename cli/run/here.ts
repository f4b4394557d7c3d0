import { openEngine } from "../../embedded/engine.ts";
import type { OutputSpec } from "../../master/export/output.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";
import { copyToStdout, moveInto } from "./place.ts";
import type { OnProgress, Order, Site } from "./site.ts";

/** An engine in this process, for as long as it takes. */
export function openHere(threads: number | undefined, onProgress: OnProgress): Site {
  const engine = openEngine(threads === undefined ? {} : { threads });
  const { master } = engine;
  const stopProgress = master.onProgress(onProgress);
  const cancel = (id: string) => {
    // It may have ended by itself in the meantime.
    if (master.job(id)?.ended_at === undefined) master.cancel(id);
  };
  return {
    submit: (order) => master.submit(requestOf(order)),
    async wait(id, interrupted) {
      const stop = () => cancel(id);
      if (interrupted.aborted) stop();
      interrupted.addEventListener("abort", stop);
      try {
        return await master.wait(id);
      } finally {
        interrupted.removeEventListener("abort", stop);
      }
    },
    cancel: async (id) => cancel(id),
    async deliver(id, place) {
      const finished = master.resultPath(id);
      if (place === "-") await copyToStdout(finished);
      else await moveInto(finished, place);
    },
    async close() {
      stopProgress();
      await engine.stop();
    },
  };
}

function requestOf({ image, format, options }: Order): SubmitRequest {
  const { quality, effort, lossless, background, metadata, profile, tileSize } = options;
  const asked: { [Key in keyof OutputSpec]: OutputSpec[Key] | undefined } = {
    format,
    quality,
    effort,
    lossless,
    background,
    metadata,
  };
  const output = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return {
    source: { path: image, owned: false, name: image },
    pipeline: options.do ?? "",
    output,
    ...(profile !== undefined && { profile }),
    ...(tileSize !== undefined && { tileSize }),
  };
}
