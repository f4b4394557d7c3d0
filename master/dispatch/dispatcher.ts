import { randomUUID } from "node:crypto";
import type { BufferPool } from "../../shared/buffers.ts";
import { PROTOCOL, type Result, type Task } from "../../shared/bus/messages.ts";
import type { Bus } from "../../shared/bus/port.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { gather, mismatch } from "../collect/check.ts";
import type { Assignment, StageRun } from "./stage_run.ts";

const LEASE_CHECK_MS = 1000;

/** What became of an attempt; one that is not done, for whatever reason, is made again or was the last. */
export type TileEvent = "sent" | "done" | "refused";

interface DispatcherNeeds {
  readonly bus: Bus;
  readonly buffers: BufferPool;
  /** Tasks that may be out at once. */
  readonly window: number;
  /** How long a tile may be out before it is sent again. */
  readonly leaseMs: number;
  readonly now: () => number;
  readonly onTile: (assignment: Assignment, event: TileEvent) => void;
}

/**
 * Keeps a bounded window of tasks out, in turn between the jobs that are under way, and matches results with what was
 * asked. A result that nobody waits for, late, repeated or forged, changes nothing.
 */
export class Dispatcher {
  private readonly runs: StageRun[] = [];
  private readonly out = new Map<string, { readonly assignment: Assignment; readonly deadline: number }>();
  private turn = 0;
  private alone = false;
  private leases: Timer | undefined;

  constructor(private readonly needs: DispatcherNeeds) {}

  start(): void {
    this.leases = setInterval(() => this.expireLeases(), LEASE_CHECK_MS);
  }

  stop(): void {
    clearInterval(this.leases);
  }

  add(run: StageRun): void {
    this.runs.push(run);
    this.pump();
  }

  remove(run: StageRun): void {
    const at = this.runs.indexOf(run);
    if (at >= 0) this.runs.splice(at, 1);
    for (const [token, { assignment }] of this.out) if (assignment.run === run) this.out.delete(token);
    if (this.out.size === 0) this.alone = false;
    this.pump();
  }

  /** Sends what may be sent. To be called whenever room, rows or results have come. */
  pump(): void {
    while (!this.alone && this.out.size < this.needs.window) {
      const assignment = this.suspectsFirst();
      if (assignment === undefined) return;
      this.send(assignment);
    }
  }

  /** A result from the bus. */
  receive(result: Result): void {
    const entry = this.out.get(result.token);
    if (entry !== undefined && names(entry.assignment, result)) {
      this.out.delete(result.token);
      if (this.out.size === 0) this.alone = false;
      this.settle(entry.assignment, result);
      // Only here, once a token: a repeated message names memory that is somebody else's by now.
      if (result.ok && result.pixels !== undefined) this.giveBack(result.pixels.data.buffer);
    }
    this.pump();
  }

  /** While a job has suspects, one of them is out and nothing else. */
  private suspectsFirst(): Assignment | undefined {
    const suspected = this.runs.find((run) => run.hasSuspects());
    if (suspected === undefined) return this.nextInTurn();
    // What is computed but not marked yet would be blamed too if the suspect took the process down.
    if (this.out.size > 0 || this.runs.some((run) => run.isCollecting())) return undefined;
    const assignment = suspected.takeSuspect();
    this.alone = assignment !== undefined;
    return assignment;
  }

  private nextInTurn(): Assignment | undefined {
    for (let i = 0; i < this.runs.length; i++) {
      const at = (this.turn + i) % this.runs.length;
      const assignment = this.runs[at]!.take();
      if (assignment === undefined) continue;
      this.turn = at + 1;
      return assignment;
    }
    return undefined;
  }

  private send(assignment: Assignment): void {
    const { tile, attempt, band, window } = assignment;
    const { job, plan, steps, chain } = assignment.run.needs;
    const token = randomUUID();
    const task: Task = {
      protocol: PROTOCOL,
      job,
      stage: plan.index,
      tile,
      attempt,
      token,
      steps,
      input: chain.input,
      out: band.rects.get(tile)!,
      window,
      ...band.keeps,
    };
    this.out.set(token, { assignment, deadline: this.needs.now() + this.needs.leaseMs });
    this.needs.bus.publish("tasks", task).catch((thrown: unknown) => {
      if (this.out.delete(token)) this.refuse(assignment, asTesseraError(thrown));
    });
    this.needs.onTile(assignment, "sent");
  }

  private settle(assignment: Assignment, result: Result): void {
    const { run } = assignment;
    const wrong = result.ok ? mismatch(assignment.band, assignment.tile, result) : undefined;
    if (!result.ok) this.refuse(assignment, new TesseraError(result.code, result.message));
    else if (wrong !== undefined) this.refuse(assignment, new TesseraError("result_mismatch", wrong));
    else {
      gather(assignment.band, result);
      run.accept(assignment, result);
      this.needs.onTile(assignment, "done");
    }
  }

  private refuse(assignment: Assignment, error: TesseraError): void {
    assignment.run.refuse(assignment, error);
    this.needs.onTile(assignment, "refused");
  }

  private expireLeases(): void {
    const now = this.needs.now();
    for (const [token, { assignment, deadline }] of this.out) {
      if (deadline > now) continue;
      this.out.delete(token);
      this.refuse(assignment, new TesseraError("tile_failed", "No result came in time."));
    }
    if (this.out.size === 0) this.alone = false;
    this.pump();
  }

  private giveBack(buffer: ArrayBufferLike): void {
    if (buffer instanceof SharedArrayBuffer) this.needs.buffers.give(buffer);
  }
}

function names({ run, tile, attempt }: Assignment, result: Result): boolean {
  const { job, plan } = run.needs;
  return (
    result.job === job && result.stage === plan.index && result.tile === tile && result.attempt === attempt
  );
}
