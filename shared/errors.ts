/**
 * Every error that the world can cause, in one table. The same codes stand in HTTP answers, logs, a job's history and
 * the command line's output; the sentence says what happened and what to do. Bugs of ours are plain `Error`s.
 */
const TABLE = {
  // what was sent
  image_empty: [400, "The image has no bytes. Send the file's contents."],
  image_unknown_type: [
    415,
    "This is not an image that Tessera reads. Send JPEG, PNG, WebP, AVIF, TIFF or GIF.",
  ],
  image_type_refused: [415, "This kind of file is refused. Send JPEG, PNG, WebP, AVIF, TIFF or GIF."],
  image_polyglot: [
    415,
    "The file is an image and something else at once. Save it anew with an image editor.",
  ],
  image_truncated: [422, "The image ends too early. Send the whole file."],
  image_corrupt: [422, "The image is damaged and cannot be decoded. Save it anew and try again."],
  image_header_invalid: [422, "The image's header contradicts itself. Save it anew and try again."],
  image_too_many_pixels: [413, "The image has more pixels than this server takes."],
  image_side_too_long: [413, "One side of the image is longer than this server takes."],
  image_unbounded_format: [
    413,
    "Images of this kind are decoded in one piece and this one is too large for it. Save it non-interlaced, or as TIFF.",
  ],
  image_unsupported: [422, "The image uses a feature of its format that Tessera does not read."],
  upload_too_large: [413, "The upload is larger than this server takes."],
  upload_interrupted: [400, "The upload ended before the file did. Send it again."],
  upload_too_slow: [408, "The upload came too slowly. Send it again."],
  upload_not_found: [404, "There is no such upload, or it is not kept any more. Begin another one."],
  upload_offset_wrong: [
    409,
    "The upload goes on elsewhere. Ask for its offset (HEAD), and go on from there.",
  ],
  upload_busy: [
    423,
    "Something is done with this upload already. Wait for that to end, then ask for its offset (HEAD).",
  ],
  upload_incomplete: [409, "The upload is not whole yet. Send the rest of it first."],
  upload_used: [409, "The upload has become a job already."],
  tus_version_unsupported: [412, "This server speaks version 1.0.0 of the tus protocol, and no other."],
  upload_malformed: [400, "The request's body cannot be read as an upload."],
  request_invalid: [400, "The request is not valid."],
  idempotency_key_busy: [
    409,
    "A request with this Idempotency-Key is still under way. Wait for its answer, then send it again.",
  ],
  idempotency_key_reused: [
    422,
    "This Idempotency-Key was given to another request. Send a new one with a new request.",
  ],
  content_type_unsupported: [
    415,
    "Send the image as the body with an image type or as multipart/form-data, or its address as application/json.",
  ],
  outbound_off: [403, "This server fetches no images and calls nobody. Send the image itself."],
  url_refused: [
    422,
    "This server does not go to that address. Name a public host by http or https, on a usual port.",
  ],
  webhooks_off: [
    403,
    "This server has no secret to sign webhooks with. Have TESSERA_WEBHOOKS_SECRET set, or leave the webhook out.",
  ],
  source_unreachable: [422, "Nothing could be had from that address. Check it, or send the image itself."],
  fetch_postponed: [
    503,
    "There was no time left to fetch this. Send the same request again, with the same Idempotency-Key.",
  ],
  // what was asked for
  pipeline_invalid: [422, "The pipeline is not valid."],
  pipeline_syntax: [422, "The pipeline cannot be read."],
  pipeline_too_long: [422, "The pipeline has too many steps."],
  pipeline_unbounded: [
    422,
    "A single tile of this pipeline needs too much of the image at once. Use smaller steps.",
  ],
  output_invalid: [422, "The output options are not valid."],
  output_too_large: [
    422,
    "The result would be larger than its format or this server allows. Choose another format.",
  ],
  // what became of it
  job_not_found: [404, "There is no such job."],
  batch_not_found: [404, "There is no such batch."],
  batch_full: [409, "The batch has as many images as it may have. Begin another one."],
  batch_without_results: [409, "The batch has no results yet, or none that are still kept."],
  delivery_not_found: [404, "The job has no such delivery."],
  proxy_not_found: [404, "There is no such proxy, or it is not kept any more. Send the image again."],
  preview_superseded: [409, "A newer look at the same was asked for."],
  tile_not_found: [404, "The picture has no such tile. Its descriptor says how large it is."],
  job_not_done: [409, "The job has no result yet. Ask again when its state is done."],
  job_result_expired: [410, "The job's result has expired and is gone. Send the image again."],
  job_source_gone: [410, "The image that the job was sent with is not kept any more."],
  job_not_active: [409, "The job has ended already."],
  job_not_failed: [409, "Only a job that failed can be tried again, and only while its files are kept."],
  job_paused: [409, "The job is paused."],
  job_cancelled: [409, "The job was cancelled."],
  tile_failed: [500, "A tile could not be processed."],
  tile_lost: [500, "Each worker that tried a tile went away. The tile may be the reason."],
  task_invalid: [
    502,
    "A task cannot be what its master asked for. Only masters may write to the topic of tasks.",
  ],
  tile_misdelivered: [502, "A tile reached a worker that it was not meant for. It is sent again."],
  op_failed: [500, "An operation failed."],
  result_mismatch: [502, "A worker sent back something other than what was asked for."],
  payload_damaged: [502, "The pixels of a tile were damaged on their way. The tile is sent again."],
  // what is around it
  worker_not_found: [404, "There is no such worker."],
  file_not_found: [404, "There is no such file."],
  file_unwritable: [500, "The file cannot be written."],
  disk_full: [507, "The disk is full. Free some space and try again."],
  route_not_found: [404, "There is nothing at this address."],
  page_not_built: [503, "The server has no page: its build did not run. Install Tessera again."],
  method_not_allowed: [405, "This address does not know that method."],
  rate_limited: [429, "That is too much at once. Wait for as long as Retry-After says."],
  server_busy: [503, "The server has as much at work as it may. Wait for as long as Retry-After says."],
  quota_reached: [429, "You have as much here as one may have. Wait for jobs to end, or delete some."],
  unauthorized: [401, "Say who you are: send a key or a token, or sign in."],
  forbidden: [403, "You are not allowed to do that."],
  // what a client finds
  server_unreachable: [503, "The server cannot be reached. Check its address, and that it runs."],
  server_silent: [504, "The server did not answer in time. Try again, or check what keeps it busy."],
  server_unlike: [
    502,
    "What answers there does not speak as this Tessera does. Check the address, and that both have the same version.",
  ],
  too_many_watchers: [429, "Too many connections watch already. Close some of them, or try again later."],
  origin_refused: [403, "A page of another origin sent this. Name its origin in cors_origins if it may."],
  oidc_unavailable: [503, "The server that vouches for tokens cannot be reached or fails. Try again later."],
  key_not_found: [404, "There is no such key, or it has been revoked."],
  too_many_keys: [409, "There are as many keys as can be. Revoke those that nobody uses."],
  not_ready: [503, "No jobs can be taken in now. What keeps it from that is told beside this."],
  bus_closed: [503, "The bus is closed."],
  bus_unreachable: [503, "Kafka cannot be reached. Check the brokers' addresses and that they run."],
  bus_login_refused: [
    500,
    "Kafka refuses the login. Check the mechanism, and the user name and password or the token.",
  ],
  bus_token_unavailable: [
    503,
    "The token server cannot be reached or fails. Check its address and that it runs.",
  ],
  bus_token_refused: [
    500,
    "The token server gives this client no token. Check its address, the client's id and secret, and the scope.",
  ],
  bus_certificate_untrusted: [
    500,
    "Kafka's certificate is not trusted. Check the certificate authority and the host name that are configured.",
  ],
  bus_client_certificate_refused: [
    500,
    "Kafka wants a client certificate that it trusts. Check the certificate and the key that are configured.",
  ],
  bus_not_allowed: [500, "Kafka does not allow this user to do that. Check its access control lists."],
  bus_topic_missing: [500, "A topic is missing in Kafka, or this user may not see it. Create the topics."],
  bus_message_too_large: [500, "A message is larger than its topic takes. Raise max.message.bytes."],
  bus_request_refused: [500, "Kafka refuses what was asked of it."],
  bus_send_failed: [503, "Kafka did not take a message."],
  bus_consumer_stopped: [503, "Kafka gives no more messages."],
  queue_full: [503, "The queue is full. Try again later."],
  address_not_loopback: [
    500,
    "Without credentials only a loopback address is served. Make a key (tessera keys create), or use 127.0.0.1.",
  ],
  folder_in_use: [500, "Another Tessera is at work in this folder. Stop it, or choose another folder."],
  folder_unusable: [
    500,
    "The master's folder cannot be used. Choose another one, or have this user write in it.",
  ],
  folder_damaged: [
    500,
    "A file in the master's folder is damaged. Put it back from a copy, or choose another folder.",
  ],
  folder_too_new: [
    500,
    "This folder was written by a newer Tessera. Use that one, or choose another folder.",
  ],
  config_invalid: [500, "The configuration is not valid."],
  internal: [500, "Something went wrong inside Tessera. The log has the details."],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type ErrorCode = keyof typeof TABLE;

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "idempotency_key_busy",
  "upload_interrupted",
  "upload_too_slow",
  "upload_busy",
  "source_unreachable",
  "fetch_postponed",
  "disk_full",
  "server_unreachable",
  "server_silent",
  "too_many_watchers",
  "oidc_unavailable",
  "bus_closed",
  "bus_unreachable",
  "bus_token_unavailable",
  "bus_send_failed",
  "bus_consumer_stopped",
  "queue_full",
  "not_ready",
  "rate_limited",
  "server_busy",
  "quota_reached",
  "op_failed",
  "result_mismatch",
  "payload_damaged",
  "tile_misdelivered",
]);

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(TABLE, code);
export const httpStatus = (code: ErrorCode): number => TABLE[code][0];
export const publicSentence = (code: ErrorCode): string => TABLE[code][1];
/** Of the bus itself, not of what it was to carry. */
export const isBusFault = (code: ErrorCode): boolean => code.startsWith("bus_");
export const isRetryable = (code: ErrorCode): boolean => RETRYABLE.has(code);

/** A fault of the world: `code` from the table, `detail` what exactly happened here (shown to whoever asked). */
export class TesseraError extends Error {
  override readonly name = "TesseraError";
  /** Seconds after which it may go better, where that is known. */
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: ErrorCode,
    readonly detail: string = "",
    { retryAfterS, ...options }: { cause?: unknown; retryAfterS?: number } = {},
  ) {
    super(detail === "" ? publicSentence(code) : `${publicSentence(code)} ${detail}`, options);
    this.retryAfterS = retryAfterS;
  }
}

/** Any thrown value as a `TesseraError`; what we did not expect becomes `internal` (or `otherwise`) and keeps its cause. */
export function asTesseraError(thrown: unknown, otherwise: ErrorCode = "internal"): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL")
    return new TesseraError("disk_full", "", { cause: thrown });
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new TesseraError(otherwise, otherwise === "internal" ? "" : text, { cause: thrown });
}
