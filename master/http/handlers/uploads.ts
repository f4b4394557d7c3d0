import { PART_TYPE, TUS, type UPLOADS } from "../../../shared/api/routes/uploads.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Master } from "../../master.ts";
import type { UploadRecord } from "../../store/uploads.ts";
import { nameOf, viewOf } from "../../uploads/uploads.ts";
import type { SubmitOptions } from "../incoming/submit.ts";
import { cleanName } from "../incoming/submit_options.ts";
import type { Handlers } from "../route_call.ts";
import { mediaType } from "../values.ts";

export const uploadHandlers = (
  master: Master,
  { uploadBytesMax, durable: sync }: SubmitOptions,
): Handlers<typeof UPLOADS> => ({
  getUploadOptions: () =>
    new Response(null, {
      status: 204,
      headers: { "tus-extension": TUS.extensions.join(), "tus-max-size": `${uploadBytesMax}` },
    }),
  createUpload({ headers, caller, answerHeaders }) {
    checkVersion(headers);
    const length = headers["upload-length"];
    if (length === 0) throw new TesseraError("image_empty");
    checkLength(length, uploadBytesMax);
    master.checkRoom(length);
    master.refuseIfFull(caller.owner);
    const upload = master.uploads.create(caller.owner, length, headers["upload-metadata"]);
    answerHeaders.set("location", `/v1/uploads/${upload.id}`);
    return answered(upload, answerHeaders);
  },
  async getUpload({ headers, params, caller, request, answerHeaders }) {
    checkVersion(headers);
    // Who asks by HEAD wants to go on, so what it sent before has broken off, whether we have noticed or not.
    if (request.method === "HEAD") await master.uploads.settle(caller.owner, params.id);
    const upload = master.uploads.own(caller.owner, params.id);
    answerHeaders.set("upload-length", `${upload.length}`);
    if (upload.metadata !== undefined) answerHeaders.set("upload-metadata", upload.metadata);
    return answered(upload, answerHeaders);
  },
  async appendUpload({ headers, params, caller, request, bytes, endBytes, answerHeaders }) {
    checkVersion(headers);
    if (mediaType(request) !== PART_TYPE)
      throw new TesseraError("content_type_unsupported", `Expected ${PART_TYPE}.`);
    const { owner } = caller;
    const offset = headers["upload-offset"];
    const { length } = master.uploads.own(owner, params.id);
    const declared = Number(request.headers.get("content-length") ?? 0);
    checkLength(offset + declared, length);
    const upload = await master.uploads.append(owner, params.id, offset, {
      ...{ bytes, sync, checkRoom: (more) => master.checkRoom(more) },
      interrupt: () => endBytes(new TesseraError("upload_busy")),
    });
    answered(upload, answerHeaders);
    return new Response(null, { status: 204, headers: answerHeaders });
  },
  async deleteUpload({ headers, params, caller }) {
    checkVersion(headers);
    await master.uploads.remove(caller.owner, params.id);
    return new Response(null, { status: 204 });
  },
});

/** A client that says nothing is taken for one of the version that we speak. @throws tus_version_unsupported */
function checkVersion({
  "tus-resumable": version = TUS.version,
}: {
  readonly "tus-resumable"?: string;
}): void {
  if (version !== TUS.version) throw new TesseraError("tus_version_unsupported");
}

/** @throws upload_too_large */
function checkLength(bytes: number, max: number): void {
  if (bytes > max) throw new TesseraError("upload_too_large", `At most ${max} bytes are allowed.`);
}

function answered(upload: UploadRecord, headers: Headers) {
  headers.set("upload-offset", `${upload.offset}`);
  headers.set("upload-expires", new Date(upload.expiresMs).toUTCString());
  return viewOf(upload, cleanName(nameOf(upload) ?? "image"));
}
