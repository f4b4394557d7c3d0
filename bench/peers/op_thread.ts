/** One of several threads that run an op at the same time: makes ready when it is told of a case, then runs when told to. */
import { type EngineName, type FormatName, opCase } from "../op_cases.ts";

declare const self: Worker;

export type ThreadAsked =
  | { readonly what: "case"; readonly op: string; readonly format: FormatName; readonly side: number }
  | { readonly what: "run"; readonly engine: EngineName; readonly tiles: number };

let engines: ReturnType<typeof opCase>["engines"] = [];

self.onmessage = async ({ data }: MessageEvent<ThreadAsked>) => {
  if (data.what === "case") engines = opCase(data.op, data.format, data.side).engines;
  else {
    const [, run] = engines.find(([name]) => name === data.engine)!;
    for (let i = 0; i < data.tiles; i++) await run();
  }
  self.postMessage("done");
};
