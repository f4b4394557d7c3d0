import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Static } from "@sinclair/typebox";
import { strict } from "../../../shared/api/route.ts";
import { type EDITING, LOOK_FORM, LOOK_JSON, PROXY_JSON } from "../../../shared/api/routes/editing.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { receiveFrom } from "../../accept/fetch.ts";
import type { ReceiveOptions } from "../../accept/receive.ts";
import { may } from "../../access/caller.ts";
import { ownJob } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import type { EditShown, EditWanted } from "../../preview/editing/edits.ts";
import { PREVIEW_QUALITY } from "../../preview/encode.ts";
import { receiveBody } from "../incoming/receive.ts";
import type { SubmitOptions } from "../incoming/submit.ts";
import type { Call, Handlers } from "../route_call.ts";
import { mediaType, readJson } from "../values.ts";

const SIZE = 1024;
const NOTHING = strict({});

export const editingHandlers = (master: Master, options: SubmitOptions): Handlers<typeof EDITING> => ({
  async createProxy(call) {
    call.noTimeout();
    const receive = receiving(master, options);
    if (mediaType(call.request) === "application/json") await bring(call, master, receive);
    else await receiveBody(call, NOTHING, receive);
    const proxy = await master.pictures.edits.add(call.caller.owner, receive.path);
    call.answerHeaders.set("location", `/v1/proxies/${proxy.id}`);
    return proxy;
  },
  async deleteProxy({ params, caller }) {
    await master.pictures.edits.remove(caller.owner, params.id);
    return new Response(null, { status: 204 });
  },
  async preview(call) {
    const { shown, wanted } = await look(call, master, options);
    return new Response(shown.bytes, {
      headers: {
        "content-type": `image/${wanted.format}`,
        "cache-control": "no-store",
        "tessera-width": `${shown.result.width}`,
        "tessera-height": `${shown.result.height}`,
        "tessera-scale": `${shown.scale}`,
        "tessera-exact": `${shown.isExact}`,
      },
    });
  },
});

/** An image that is named, to the path. */
async function bring(
  { request, bytes, caller: { owner } }: Call<(typeof EDITING)["createProxy"]>,
  master: Master,
  receive: ReceiveOptions,
): Promise<void> {
  const { source } = await readJson(PROXY_JSON, request, bytes);
  if ("upload" in source) await master.uploads.lend(owner, source.upload, receive.path);
  else await receiveFrom(master.outbound, { address: source.url, owner }, receive, request.signal);
}

async function look(
  call: Call<(typeof EDITING)["preview"]>,
  master: Master,
  options: SubmitOptions,
): Promise<{ shown: EditShown; wanted: EditWanted }> {
  const { request, caller } = call;
  const { edits } = master.pictures;
  call.noTimeout();
  if (mediaType(request) === "multipart/form-data") {
    const receive = receiving(master, options);
    const { fields } = await receiveBody(call, LOOK_FORM, receive);
    const wanted = wantedOf(fields);
    return { shown: await edits.ofFile(caller.owner, receive.path, wanted, request.signal), wanted };
  }
  const { proxy, job, ...asked } = await readJson(LOOK_JSON, request, call.bytes);
  const wanted = wantedOf(asked);
  if ((proxy === undefined) === (job === undefined))
    throw new TesseraError("request_invalid", "Name a proxy or a job.");
  if (proxy !== undefined)
    return { shown: await edits.ofProxy(caller.owner, proxy, wanted, request.signal), wanted };
  if (!may(caller, "read")) throw new TesseraError("forbidden", "To look at a job takes the scope 'read'.");
  const record = master.pictures.job(ownJob(master, caller, job!).id);
  return { shown: await edits.ofJob(caller.owner, record, wanted, request.signal), wanted };
}

function wantedOf(
  asked: Partial<Static<typeof LOOK_FORM>> | Omit<Static<typeof LOOK_JSON>, "proxy" | "job">,
) {
  const { pipeline = "", region, size = SIZE, format = "jpeg", quality = PREVIEW_QUALITY, lane } = asked;
  const { within_ms: withinMs } = asked;
  const [x = 0, y = 0, width = 0, height = 0] = region ?? [];
  return {
    ...{ pipeline, size, format, quality, lane, withinMs },
    region: region === undefined ? undefined : { x, y, width, height },
  };
}

/** Not synced: what is sent to be looked at need not outlive the process. */
const receiving = (master: Master, { uploadBytesMax }: SubmitOptions): ReceiveOptions => ({
  ...{ path: join(master.uploadDir, randomUUID()), bytesMax: uploadBytesMax, sync: false },
  checkRoom: (bytes: number) => master.checkRoom(bytes),
  onBytes: undefined,
});
