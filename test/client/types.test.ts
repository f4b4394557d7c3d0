import { expect, test } from "bun:test";
import { createClient, type JobView } from "../../client/client.ts";

/** Never called: what is in it is told by the compiler. Each mistake that would compile is one in `bun run check`. */
async function neverCalled(): Promise<void> {
  const client = createClient({ url: "http://127.0.0.1:1" });

  const job: JobView = await client.getJob({ id: "a" });
  job.progress.tiles_done satisfies number;
  job.state satisfies
    | "queued"
    | "ingesting"
    | "running"
    | "exporting"
    | "paused"
    | "done"
    | "failed"
    | "cancelled";
  (await client.listJobs()).jobs satisfies JobView[];
  (await client.listJobs({ limit: undefined })).jobs satisfies readonly JobView[];
  (await client.getResult({ id: "a" })) satisfies Response;
  (await client.submit(new Blob(), { pipeline: [{ op: "blur" }], priority: 3 })) satisfies JobView;
  (await client.isAlive()).status satisfies "ok";

  const source = { url: "https://example.com/a.png" };
  await client.submitJob({ body: { source } });
  await client.submitJob({ body: new Blob(), pipeline: "blur" });
  await client.addImages({ id: "a", body: { sources: [source] } });

  // @ts-expect-error no such part of a body
  await client.submitJob({ body: { sources: [source] } });
  // @ts-expect-error an action that there is not
  await client.bulkJobs({ body: { action: "praise", filter: {} } });
  // @ts-expect-error the id is missing
  await client.getJob({});
  // @ts-expect-error an id is a text
  await client.getJob({ id: 7 });
  // @ts-expect-error a parameter that the route does not have
  await client.getJob({ id: "a", limit: 7 });
  // @ts-expect-error mistyped
  await client.listJobs({ limitt: 7 });
  // @ts-expect-error a number
  await client.listJobs({ limit: "7" });
  // @ts-expect-error it takes nothing
  await client.isAlive({ id: "a" });
  // @ts-expect-error a priority is needed
  await client.prioritizeJob({ id: "a" });
  // @ts-expect-error an option that no route has
  await client.submit(new Blob(), { sigma: 3 });
  // @ts-expect-error what it says of a job
  (await client.getJob({ id: "a" })).tiles;
  // @ts-expect-error there is no such operation
  await client.launchRocket();
}

test("the client's types are checked by the compiler", () => {
  expect(neverCalled).toBeFunction();
});
