import { TesseraError } from "../../shared/errors.ts";
import type { JobView } from "../jobs/job.ts";
import type { Master } from "../master.ts";
import type { BatchRecord } from "../store/batches.ts";
import { type Caller, may } from "./caller.ts";

/** A job of the caller's; `admin` has all. Whether another's job is there is not told. @throws job_not_found */
export function ownJob(master: Master, caller: Caller, id: string): JobView {
  const job = master.job(id);
  if (job === undefined || (job.owner !== caller.owner && !may(caller, "admin")))
    throw new TesseraError("job_not_found");
  return job;
}

/** A batch of the caller's; `admin` has all. Whether another's is there is not told. @throws batch_not_found */
export function ownBatch(master: Master, caller: Caller, id: string): BatchRecord {
  const batch = master.batches.get(id);
  if (batch === undefined || (batch.owner !== caller.owner && !may(caller, "admin")))
    throw new TesseraError("batch_not_found");
  return batch;
}

/** Whose jobs a caller sees in lists; undefined for everyone's. */
export const ownerOf = (caller: Caller): string | undefined =>
  may(caller, "admin") ? undefined : caller.owner;
