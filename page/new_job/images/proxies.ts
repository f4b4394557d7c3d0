/** Images that are at the server to be looked at, each sent once. */
import { ProblemError } from "../../../client/client.ts";
import { api } from "../../shell/api.ts";
import type { SourceImage } from "./images.ts";

export interface SentImage {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

const known = new Map<number, Promise<SentImage>>();

/** @throws what is wrong with the image */
export function proxyOf({ id, source }: SourceImage): Promise<SentImage> {
  let proxy = known.get(id);
  if (proxy !== undefined) return proxy;
  proxy = api.createProxy({ body: "file" in source ? source.file : { source } });
  known.set(id, proxy);
  proxy.catch((thrown) => {
    // What is wrong with the file stays so; what was in the way may be gone next time.
    if (!(thrown instanceof ProblemError && !thrown.retryable)) known.delete(id);
  });
  return proxy;
}

/** The server has let go of it: the next look sends it again. */
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
