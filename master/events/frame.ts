import type { ServerMessage } from "../../shared/api/events.ts";
import { encodeTiles } from "../../shared/api/tile_frame.ts";

/** One message, written once for all who are told it. */
export class Frame {
  private json: string | undefined;
  private written: string | Uint8Array<ArrayBuffer> | undefined;

  constructor(readonly message: ServerMessage) {}

  /** As JSON. */
  text(): string {
    this.json ??= JSON.stringify(this.message);
    return this.json;
  }

  /** As it goes over a WebSocket. */
  payload(): string | Uint8Array<ArrayBuffer> {
    this.written ??= this.message.type === "tiles" ? encodeTiles(this.message) : this.text();
    return this.written;
  }
}
