import { hrefOf } from "../shell/router.ts";

/** The heading of both lists, and the way from one to the other. */
export function JobTabs({ current }: { readonly current: "jobs" | "batches" }) {
  return (
    <div class="row apart">
      <h1>{current === "jobs" ? "Jobs" : "Batches"}</h1>
      <nav class="tabs" aria-label="Jobs or batches">
        <a href={hrefOf("jobs")} aria-current={current === "jobs" ? "page" : undefined}>
          Jobs
        </a>
        <a href={hrefOf("batches")} aria-current={current === "batches" ? "page" : undefined}>
          Batches
        </a>
      </nav>
    </div>
  );
}
