import type { ServerMessage } from "../../shared/api/events.ts";

/** One message, written once for all who are told it. */
export class Frame {
  private json: string | undefined;

  constructor(readonly message: ServerMessage) {}

  /** As JSON. */
  text(): string {
    this.json ??= JSON.stringify(this.message);
    return this.json;
  }

  /** About so many bytes. */
  get size(): number {
    return this.text().length;
  }
}
