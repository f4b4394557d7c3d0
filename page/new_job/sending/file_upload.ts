import { signal } from "@preact/signals";
import type { Client, Uploaded } from "../../../client/client.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { unlessAborted } from "../../shell/unless_aborted.ts";
import type { UploadMemory } from "./upload_memory.ts";

interface FileUploadNeeds {
  readonly api: Pick<Client, "upload" | "deleteUpload">;
  readonly memory: UploadMemory;
}

type State =
  | { readonly kind: "resting" }
  | { readonly kind: "moving"; readonly abort: AbortController }
  | { readonly kind: "whole" };

/** Of an upload that is somebody else's meanwhile, or nobody's: the file is sent again. */
const GONE = ["upload_not_found", "upload_used", "upload_busy"];
const TRIES_MAX = 3;

const isGone = (thrown: unknown): boolean => thrown instanceof TesseraError && GONE.includes(thrown.code);

/**
 * The upload of a file, for all that it is needed for: to look at it and to make jobs of it. It is sent for as long as
 * somebody waits for it, and goes on from what the server has. Once nobody will need it any more it is deleted.
 */
export class FileUpload {
  /** Bytes that the server has for good. */
  readonly sent = signal(0);
  /** Whether it is to stand still, whoever waits. */
  readonly isPaused = signal(false);

  private state: State = { kind: "resting" };
  private id: string | undefined;
  private isSpent = false;
  private keepers = 1;
  private waiting = 0;
  private end = Promise.withResolvers<string>();

  constructor(
    private readonly file: File,
    private readonly needs: FileUploadNeeds,
  ) {}

  /** For one more job. Where the last one has used it up, it will be sent again. */
  keep(): void {
    this.keepers++;
    if (this.isSpent) this.startOver();
  }

  /** By whoever made it, and by whoever has kept it. */
  letGo(): void {
    if (--this.keepers > 0) return;
    this.standStill();
    if (this.id !== undefined && !this.isSpent) this.remove(this.id);
  }

  pause(): void {
    this.isPaused.value = true;
    this.standStill();
  }

  goOn(): void {
    this.isPaused.value = false;
    this.move();
  }

  /** It has become a job. The server still shows it, for as long as it keeps the file. */
  spend(id: string): void {
    this.needs.memory.forget(id);
    if (this.id === id) this.isSpent = true;
  }

  /**
   * Does something with all of it once that is there; has it sent again where the server has it no more.
   *
   * @throws what the server has against the file; what `act` throws; the signal's reason
   */
  async use<T>(signal: AbortSignal, act: (id: string) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    for (let tries = 1; ; tries++) {
      const id = await this.whole(signal);
      try {
        return await act(id);
      } catch (thrown) {
        if (!isGone(thrown) || tries === TRIES_MAX) throw thrown;
        // Somebody else may have begun again already.
        if (this.id === id) this.startOver();
      }
    }
  }

  private async whole(signal: AbortSignal): Promise<string> {
    this.waiting++;
    try {
      this.move();
      return await unlessAborted(this.end.promise, signal);
    } finally {
      this.waiting--;
      this.standStill();
    }
  }

  private get isWanted(): boolean {
    return this.waiting > 0 && this.keepers > 0 && !this.isPaused.peek();
  }

  private move(): void {
    if (this.state.kind !== "resting" || !this.isWanted) return;
    const abort = new AbortController();
    this.state = { kind: "moving", abort };
    const { end } = this;
    end.promise.catch(() => {}); // who waits for it is told
    const rests = (thrown: unknown) => {
      if (abort.signal.aborted) return;
      this.state = { kind: "resting" };
      this.end = Promise.withResolvers();
      end.reject(thrown);
    };
    const isWhole = (id: string) => {
      if (abort.signal.aborted) return;
      this.state = { kind: "whole" };
      end.resolve(id);
    };
    this.send(abort.signal).then(isWhole, rests);
  }

  /** One that has no id yet goes on until it has: else the server would have one that nobody knows. */
  private standStill(): void {
    const { state } = this;
    if (state.kind !== "moving" || this.isWanted || this.id === undefined) return;
    this.state = { kind: "resting" };
    state.abort.abort();
  }

  private async send(aborted: AbortSignal): Promise<string> {
    const { api, memory } = this.needs;
    for (let tries = 1; ; tries++) {
      const known = this.id;
      const resumeFrom = known ?? memory.idOf(this.file);
      const onProgress = (sent: Uploaded) => this.told(sent);
      try {
        const { id, job } = await api.upload(this.file, { resumeFrom, signal: aborted, onProgress });
        // One from before may have become a job of another page.
        if (job === undefined || known !== undefined) return id;
      } catch (thrown) {
        if (aborted.aborted || !isGone(thrown) || tries === TRIES_MAX) throw thrown;
      }
      this.forget(resumeFrom);
    }
  }

  private told({ id, bytes, expiresAt }: Uploaded): void {
    this.sent.value = bytes;
    if (this.id !== id) {
      this.id = id;
      if (this.keepers === 0) this.remove(id);
      else for (const oldest of this.needs.memory.remember(this.file, id, expiresAt)) this.remove(oldest);
    }
    this.standStill();
  }

  /** Of one that is whole. */
  private startOver(): void {
    this.state = { kind: "resting" };
    this.isPaused.value = false;
    this.end = Promise.withResolvers();
    this.forget(this.id);
  }

  private forget(id: string | undefined): void {
    if (id !== undefined) this.needs.memory.forget(id);
    this.id = undefined;
    this.isSpent = false;
    this.sent.value = 0;
  }

  private remove(id: string): void {
    const { api, memory } = this.needs;
    memory.forget(id);
    // The server forgets it by itself, but not at once.
    api.deleteUpload({ id }).catch(() => {});
  }
}
