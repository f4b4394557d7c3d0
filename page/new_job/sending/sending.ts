/** Images on their way to the server. They go on whatever else one looks at. */
import { computed, effect, type Signal, signal, untracked } from "@preact/signals";
import { randomId } from "../../../client/random_id.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { api } from "../../shell/api.ts";
import { connection } from "../../shell/live.ts";
import { wordsOf } from "../../shell/notices.tsx";
import { session, wantsSignIn } from "../../shell/session.ts";
import type { SourceImage } from "../images/images.ts";
import type { Recipe } from "../recipe.ts";
import type { FileUpload } from "./file_upload.ts";
import { type Submission, submissionOf } from "./submission.ts";

export type SendingState =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending" }
  | { readonly kind: "paused" }
  | { readonly kind: "done"; readonly job: string }
  /** What came of it is kept where the file was not at fault: it goes on from there. */
  | { readonly kind: "failed"; readonly text: string; readonly canGoOn: boolean }
  | { readonly kind: "cancelled" };

export interface Sending {
  readonly id: number;
  readonly name: string;
  /** Of its file; nothing for one that the server fetches. */
  readonly bytes: number | undefined;
  /** What the server has for good. */
  readonly sent: Signal<number>;
  readonly state: Signal<SendingState>;
}

/** What it takes to send one, and to go on with it. */
interface Errand {
  readonly sending: Sending;
  readonly source: SourceImage["source"];
  readonly submission: Submission;
  readonly batch: string | undefined;
  /** By it the server knows what was asked before, where the answer was lost. */
  readonly key: string;
  abort?: AbortController;
  /** Lets go of what it needs as long as it has not come to its end. */
  readonly close: () => void;
  /** Told when it comes to an end for the first time. */
  readonly onEnd: (job: string | undefined) => void;
}

/** All that have been started and not been put away. */
export const sendings = signal<readonly Sending[]>([]);

const errands = new Map<number, Errand>();
const queue: Errand[] = [];
/** Uploads at a time: more would only share the same line. */
const AT_ONCE = 2;
let running = 0;
let lastId = 0;
/** Of those that were started since nothing was under way. */
let firstId = 0;

const isUnderWay = ({ state }: Sending): boolean => /^(waiting|sending|paused)$/.test(state.value.kind);

/** How many have not come to an end. */
export const underWay = computed(() => sendings.value.filter(isUnderWay).length);

/** How many could not be sent, and have not been put away. */
export const failed = computed(
  () => sendings.value.filter(({ state }) => state.value.kind === "failed").length,
);

/** Of all bytes that were to be sent since nothing was under way, from 0 to 1. */
export const shareSent = computed(() => {
  const files = sendings.value.filter(({ id, state }) => id >= firstId && state.value.kind !== "cancelled");
  const total = files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  return total === 0 ? 0 : files.reduce((sum, { sent }) => sum + sent.value, 0) / total;
});

export interface Started {
  /** The job of a single image once it is there, nothing if it did not become one. */
  readonly job: Promise<string | undefined>;
  /** The batch of several. */
  readonly batch: string | undefined;
}

/** One image becomes a job, several a batch. @throws what the server has against the pipeline, of a batch */
export async function start(images: readonly SourceImage[], recipe: Recipe): Promise<Started> {
  const submission = submissionOf(recipe);
  const isBatch = images.length > 1;
  const batch = isBatch
    ? (await api.createBatch({ body: { ...submission, name: nameOf(images) } })).id
    : undefined;
  if (underWay.peek() === 0) firstId = lastId + 1;
  const begun = images.map((image) => beginErrand(image, submission, batch));
  sendings.value = [...sendings.value, ...begun.map(({ sending }) => sending)];
  work();
  return { job: isBatch ? Promise.resolve(undefined) : begun[0]!.job, batch };
}

function beginErrand(image: SourceImage, submission: Submission, batch: string | undefined) {
  const { promise: job, resolve: onEnd } = Promise.withResolvers<string | undefined>();
  const { source } = image;
  const sending = sendingOf(image);
  const close = "url" in source ? () => {} : follow(source.upload, sending.sent);
  const errand = { sending, source, submission, batch, key: randomId(), onEnd, close };
  errands.set(sending.id, errand);
  queue.push(errand);
  return { sending, job };
}

/** Keeps the upload, and tells how far it is, until it is closed. */
function follow(upload: FileUpload, sent: Signal<number>): () => void {
  upload.keep();
  const end = effect(() => {
    sent.value = upload.sent.value;
  });
  return () => {
    end();
    upload.letGo();
  };
}

const nameOf = (images: readonly SourceImage[]): string =>
  `${images[0]!.name} and ${images.length - 1} more`.slice(0, 200);

const sendingOf = ({ name, source }: SourceImage): Sending => ({
  ...{ id: ++lastId, name, bytes: "file" in source ? source.file.size : undefined },
  ...{ sent: signal(0), state: signal<SendingState>({ kind: "waiting" }) },
});

function work(): void {
  while (running < AT_ONCE) {
    const errand = queue.shift();
    if (errand === undefined) return;
    if (errand.sending.state.value.kind !== "waiting") continue;
    running++;
    void run(errand).finally(() => {
      running--;
      work();
    });
  }
}

async function run(errand: Errand): Promise<void> {
  const { state } = errand.sending;
  const abort = new AbortController();
  errand.abort = abort;
  state.value = { kind: "sending" };
  try {
    const job = await send(errand, abort.signal);
    // Whoever cancelled it was a moment late.
    if (state.peek().kind === "cancelled") await api.cancelJob({ id: job });
    else end(errand, { kind: "done", job });
  } catch (thrown) {
    // Whoever aborted it has said what it is now.
    if (!abort.signal.aborted) end(errand, failureOf(thrown));
  }
}

async function send(errand: Errand, aborted: AbortSignal): Promise<string> {
  const { sending, source, key } = errand;
  const { name } = sending;
  if ("url" in source) return await jobOf({ url: source.url, name }, errand, key, aborted);
  const { upload } = source;
  upload.goOn();
  return await upload.use(aborted, async (id) => {
    // What it has become is known by the key, whenever it is asked again.
    const job = await jobOf({ upload: id, name }, errand, `${key}-${id}`);
    upload.spend(id);
    return job;
  });
}

type Named = { readonly name: string } & ({ readonly url: string } | { readonly upload: string });

async function jobOf(
  { name, ...from }: Named,
  { batch, submission }: Errand,
  idempotencyKey: string,
  signal?: AbortSignal,
): Promise<string> {
  const call = { ...(signal && { signal }) };
  if (batch === undefined)
    return (await api.submit(from, { ...submission, ...call, name, idempotencyKey })).id;
  const headers = { "idempotency-key": idempotencyKey };
  const body = { sources: [{ ...from, name }] };
  return (await api.addImages({ id: batch, body }, { ...call, headers })).jobs[0]!.id;
}

function failureOf(thrown: unknown): SendingState {
  const { text, detail = "" } = wordsOf(thrown);
  const isOffline = thrown instanceof TesseraError && /^server_(unreachable|silent)$/.test(thrown.code);
  const canGoOn = wantsSignIn(thrown) || isOffline;
  return { kind: "failed", text: `${text} ${detail}`.trim(), canGoOn };
}

function end(errand: Errand, state: SendingState): void {
  errand.sending.state.value = state;
  errand.onEnd(state.kind === "done" ? state.job : undefined);
  if (state.kind === "done" || state.kind === "cancelled") close(errand);
}

function close(errand: Errand): void {
  if (errands.delete(errand.sending.id)) errand.close();
}

/** What has been sent stays there. */
export function pause({ id, state }: Sending): void {
  state.value = { kind: "paused" };
  const errand = errands.get(id);
  if (errand !== undefined) stop(errand);
}

/** Its file stands still also for who would look at it, unless another job is under way with it. */
function stop({ abort, source }: Errand): void {
  abort?.abort();
  const isShared = [...errands.values()].some(
    (other) => other.source === source && other.sending.state.value.kind === "sending",
  );
  if ("file" in source && !isShared) source.upload.pause();
}

/** Goes on from what the server has. */
export function resume({ id, state }: Sending): void {
  const errand = errands.get(id);
  if (errand === undefined) return;
  state.value = { kind: "waiting" };
  queue.push(errand);
  work();
}

/** With the jobs that stand still for it, too. */
export function goOnWith(upload: FileUpload): void {
  upload.goOn();
  for (const { source, sending } of errands.values())
    if ("file" in source && source.upload === upload && sending.state.value.kind === "paused")
      resume(sending);
}

export function cancel({ id, state }: Sending): void {
  const errand = errands.get(id);
  if (errand === undefined || state.value.kind === "done") return;
  end(errand, { kind: "cancelled" });
  stop(errand);
}

/** Those that have come to an end are not shown any more. */
export function putAway(): void {
  const [kept, gone] = [
    sendings.value.filter(isUnderWay),
    sendings.value.filter((each) => !isUnderWay(each)),
  ];
  sendings.value = kept;
  for (const { id } of gone) {
    const errand = errands.get(id);
    if (errand !== undefined) close(errand);
  }
}

/** Where the connection was at fault, or who we are, they go on as soon as that is mended. */
effect(() => {
  if (connection.value === "open" && session.value) untracked(goOn);
});

function goOn(): void {
  for (const sending of sendings.value) {
    const { value: state } = sending.state;
    if (state.kind === "failed" && state.canGoOn) resume(sending);
  }
}

/** Who closes the page would end what is under way. */
effect(() => {
  if (underWay.value === 0) return undefined;
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  addEventListener("beforeunload", warn);
  return () => removeEventListener("beforeunload", warn);
});
