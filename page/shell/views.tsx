/** Every view, loaded when it is first gone to. */
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Scope } from "../../shared/api/scopes.ts";
import type { View } from "../../shared/pages.ts";
import { Empty } from "../design/empty.tsx";
import { go, hrefOf, place } from "./router.ts";
import { may } from "./session.ts";
import { useTitle } from "./title.ts";

type ViewModule = Readonly<Record<string, ComponentType>>;

const MODULES: Readonly<Record<Exclude<View, "signIn">, () => Promise<ViewModule>>> = {
  newJob: () => import("../new_job/new_job.tsx"),
  jobs: () => import("../jobs/jobs.tsx"),
  job: () => import("../job/job.tsx"),
  batches: () => import("../batches/batches.tsx"),
  batch: () => import("../batches/batch.tsx"),
  workers: () => import("../workers/workers.tsx"),
  overview: () => import("../overview/overview.tsx"),
  keys: () => import("../keys/keys.tsx"),
};

const loaded = new Map<View, ComponentType>();

/** Until this has ended a view cannot be shown. */
export async function load(view: View | undefined): Promise<void> {
  if (view === undefined || view === "signIn" || loaded.has(view)) return;
  const [Component] = Object.values(await MODULES[view]());
  loaded.set(view, Component!);
}

/** What one must be allowed to do for a view to be of any use. */
export const needOf = (view: View): Scope =>
  view === "newJob" ? "submit" : view === "keys" ? "admin" : "read";

export function Shown() {
  const { view, id } = place.value;
  const Component = view === undefined ? undefined : loaded.get(view);
  if (view === undefined || Component === undefined) return <NothingHere />;
  if (!may(needOf(view))) return <NotAllowed view={view} />;
  return <Component key={`${view} ${id}`} />;
}

function NothingHere() {
  useTitle("Nothing here");
  return (
    <Empty icon="search" title="There is nothing here" isView>
      <p>The address may be mistyped, or what was here is gone.</p>
      <a class="button" href={hrefOf(firstView())}>
        {firstView() === "jobs" ? "To the jobs" : "New job"}
      </a>
    </Empty>
  );
}

const DOES = { submit: "sends images", read: "sees jobs", operate: "changes jobs", admin: "manages keys" };

/** Who may only look has no use for the first page, and is shown what there is to be seen. */
function NotAllowed({ view }: { readonly view: View }) {
  const isStart = view === "newJob" && may("read");
  useTitle("Not allowed");
  useEffect(() => {
    if (isStart) go(hrefOf("jobs"), { replace: true });
  }, [isStart]);
  if (isStart) return null;
  return (
    <Empty icon="key" title="Your key is not for this" isView>
      <p>Sign in with one that {DOES[needOf(view)]}.</p>
    </Empty>
  );
}

/** Where whoever sits here begins. */
export const firstView = (): View => (may("submit") ? "newJob" : "jobs");
