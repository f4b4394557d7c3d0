/** Images that are at the server to be looked at: of the upload that a job would be made of, too. */
import { effect } from "@preact/signals";
import { ProblemError } from "../../../client/client.ts";
import { api } from "../../shell/api.ts";
import { looked, type SourceImage } from "./images.ts";

export interface SentImage {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

const known = new Map<number, Promise<SentImage>>();

/** Whose upload is waited for: only what is looked at is sent before it is started. */
let awaited: { readonly image: SourceImage; readonly abort: AbortController } | undefined;

effect(() => {
  if (looked.value !== awaited?.image) giveUp();
});

function giveUp(): void {
  if (awaited === undefined) return;
  known.delete(awaited.image.id);
  awaited.abort.abort();
  awaited = undefined;
}

/** Of the image that is looked at. @throws what is wrong with it; an AbortError once another one is looked at */
export function proxyOf(image: SourceImage): Promise<SentImage> {
  const { id } = image;
  let proxy = known.get(id);
  if (proxy !== undefined) return proxy;
  proxy = create(image);
  known.set(id, proxy);
  proxy.catch((thrown) => {
    // What is wrong with the file stays so; what was in the way may be gone next time.
    const isLasting = thrown instanceof ProblemError && !thrown.retryable;
    if (!isLasting && known.get(id) === proxy) known.delete(id);
  });
  return proxy;
}

/** An answer comes once the image is fetched and decoded, which may take long. */
const ANSWER = { timeoutMs: 0 };

function create(image: SourceImage): Promise<SentImage> {
  const { source } = image;
  if ("url" in source) return api.createProxy({ body: { source } }, ANSWER);
  giveUp();
  const waiting = { image, abort: new AbortController() };
  awaited = waiting;
  return source.upload.use(waiting.abort.signal, (upload) => {
    if (awaited === waiting) awaited = undefined;
    return api.createProxy({ body: { source: { upload } } }, ANSWER);
  });
}

/** The server has let go of it: the next look makes another one. */
export const forgetProxy = ({ id }: SourceImage): boolean => known.delete(id);

/** Nobody looks at it any more. */
export async function releaseProxy({ id }: SourceImage): Promise<void> {
  const proxy = known.get(id);
  known.delete(id);
  try {
    if (proxy !== undefined) await api.deleteProxy({ id: (await proxy).id });
  } catch {
    // It never came, or the server has let go of it by itself.
  }
}
