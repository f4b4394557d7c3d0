/** Every view, loaded when it is first gone to. */
import type { ComponentType } from "preact";
import type { View } from "../../shared/pages.ts";
import { Empty } from "../design/empty.tsx";
import { hrefOf, place } from "./router.ts";

type ViewModule = Readonly<Record<string, ComponentType>>;

const MODULES: Readonly<Record<Exclude<View, "signIn">, () => Promise<ViewModule>>> = {
  newJob: () => import("../new_job/new_job.tsx"),
  jobs: () => import("../jobs/jobs.tsx"),
  job: () => import("../job/job.tsx"),
  batches: () => import("../jobs/batches.tsx"),
  batch: () => import("../jobs/batch.tsx"),
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

export function Shown() {
  const { view, id } = place.value;
  const Component = view === undefined ? undefined : loaded.get(view);
  if (Component !== undefined) return <Component key={`${view} ${id}`} />;
  return (
    <Empty icon="search" title="There is nothing here">
      <p>The address may be mistyped, or what was here is gone.</p>
      <a class="button" href={hrefOf("jobs")}>
        To the jobs
      </a>
    </Empty>
  );
}
