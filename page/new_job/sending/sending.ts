/** Images on their way to the server. They go on whatever else one looks at. */
import { computed, type Signal, signal } from "@preact/signals";
import { api } from "../../shell/api.ts";
import { wordsOf } from "../../shell/notices.tsx";
import type { SourceImage } from "../images/images.ts";
import type { Recipe } from "../recipe.ts";
import { type Submission, submissionOf } from "./submission.ts";

export type SendingState =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending" }
  | { readonly kind: "done"; readonly job: string }
  | { readonly kind: "failed"; readonly text: string }
  | { readonly kind: "cancelled" };

export interface Sending {
  readonly id: number;
  readonly name: string;
  /** Of its file; nothing for one that the server fetches. */
  readonly bytes: number | undefined;
  readonly sent: Signal<number>;
  readonly state: Signal<SendingState>;
}

/** All that have been started and not been put away. */
export const sendings = signal<readonly Sending[]>([]);

const isUnderWay = ({ state }: Sending): boolean =>
  state.value.kind === "waiting" || state.value.kind === "sending";

/** How many have not come to an end. */
export const underWay = computed(() => sendings.value.filter(isUnderWay).length);

/** Uploads at a time: more would only share the same line. */
const AT_ONCE = 2;

const aborts = new Map<number, AbortController>();
let lastId = 0;

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
  const fresh = images.map(({ name, source }) => ({
    ...{ id: ++lastId, name, bytes: "file" in source ? source.file.size : undefined },
    ...{ sent: signal(0), state: signal<SendingState>({ kind: "waiting" }) },
  }));
  sendings.value = [...sendings.value, ...fresh];
  const queue = fresh.map((sending, i) => () => send(sending, images[i]!, submission, batch));
  const done = Promise.all(Array.from({ length: AT_ONCE }, () => work(queue)));
  const job = done.then(() => {
    const [{ state }] = fresh as [Sending];
    return !isBatch && state.value.kind === "done" ? state.value.job : undefined;
  });
  return { job, batch };
}

const nameOf = (images: readonly SourceImage[]): string =>
  `${images[0]!.name} and ${images.length - 1} more`.slice(0, 200);

async function work(queue: (() => Promise<void>)[]): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next();
}

async function send(
  sending: Sending,
  { name, source }: SourceImage,
  submission: Submission,
  batch: string | undefined,
): Promise<void> {
  const { id, state, sent, bytes } = sending;
  if (state.value.kind !== "waiting") return;
  const abort = new AbortController();
  const { signal: aborted } = abort;
  aborts.set(id, abort);
  state.value = { kind: "sending" };
  try {
    const image = "file" in source ? source.file : source;
    const job =
      batch === undefined
        ? (await api.submit(image, { ...submission, name, signal: aborted })).id
        : await addTo(batch, name, source, aborted);
    sent.value = bytes ?? 0;
    state.value = { kind: "done", job };
  } catch (thrown) {
    state.value = aborted.aborted ? { kind: "cancelled" } : { kind: "failed", text: sentence(thrown) };
  } finally {
    aborts.delete(id);
  }
}

async function addTo(
  id: string,
  name: string,
  source: SourceImage["source"],
  aborted: AbortSignal,
): Promise<string> {
  const body = "file" in source ? source.file : { sources: [{ url: source.url, name }] };
  const { jobs } = await api.addImages({ id, name, body }, { signal: aborted });
  return jobs[0]!.id;
}

export function cancel({ id, state }: Sending): void {
  aborts.get(id)?.abort();
  if (state.value.kind === "waiting") state.value = { kind: "cancelled" };
}

/** Those that have come to an end are not shown any more. */
export function putAway(): void {
  sendings.value = sendings.value.filter(isUnderWay);
}

function sentence(thrown: unknown): string {
  const { text, detail = "" } = wordsOf(thrown);
  return `${text} ${detail}`.trim();
}
