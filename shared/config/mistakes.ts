import { TesseraError } from "../errors.ts";

/** Where a value comes from: the variable's name, or the file's path. */
export type Origin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly where: string }
  | { readonly kind: "environment"; readonly where: string };

export const DEFAULT: Origin = { kind: "default" };

/** Gathers what is wrong, so that all of it is told at once. It never sees the value of a secret. */
export class Mistakes {
  private readonly sentences: string[] = [];
  private readonly names = new Set<string>();

  /** `what` completes "port (TESSERA_PORT): …". */
  add(name: string, origin: Origin, what: string): void {
    this.names.add(name);
    this.sentences.push(`${name}${origin.kind === "default" ? "" : ` (${origin.where})`}: ${what}`);
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  /** @throws config_invalid with a line for each */
  throwIfAny(): void {
    if (this.sentences.length === 0) return;
    const lines = this.sentences.map((sentence) => `\n- ${sentence}`);
    throw new TesseraError("config_invalid", `What is wrong:${lines.join("")}`);
  }
}
