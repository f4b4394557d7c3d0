import type { Frame } from "../../master/events/frame.ts";
import type { Outlet, Reader } from "../../master/events/reader.ts";
import type { ServerMessage } from "../../shared/api/events.ts";
import { decodeTiles } from "../../shared/api/tile_frame.ts";

/** A connection in the hands of a test, which says when it takes something. */
export class TestOutlet implements Outlet {
  reader: Reader | undefined;
  readonly frames: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  kept = 0;
  /** Frames that it takes before it has to be made ready again. */
  room: number;

  constructor(
    room = Number.POSITIVE_INFINITY,
    private readonly hear: (message: ServerMessage) => void = () => {},
  ) {
    this.room = room;
  }

  isReady(): boolean {
    return this.room > 0;
  }

  send(frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.frames.push(frame);
      this.room--;
      const payload = frame.payload();
      this.hear(typeof payload === "string" ? JSON.parse(payload) : decodeTiles(payload.buffer));
    }
  }

  /** It takes so many more. */
  makeRoom(frames: number): void {
    this.room = Math.max(this.room, 0) + frames;
    this.reader?.flush();
  }

  keepAlive(): void {
    this.kept++;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
}
