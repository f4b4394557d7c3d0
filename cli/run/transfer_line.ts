import { formatBytes } from "../terminal.ts";
import { bar, REDRAW_MS } from "./progress_bar.ts";

const NAME_MAX = 30;

/** How much of a file is sent or received, on a terminal; elsewhere nothing. What is quick is not worth a line. */
export function transferLine(name: string, done: "sent" | "received") {
  const { stderr } = process;
  let drawnMs = performance.now();
  let drawn = false;
  return {
    show({ bytes, total }: { readonly bytes: number; readonly total: number | undefined }): void {
      if (!stderr.isTTY || performance.now() - drawnMs < REDRAW_MS) return;
      drawnMs = performance.now();
      drawn = true;
      const part = total === undefined ? "" : `${bar(total === 0 ? 1 : bytes / total)} `;
      const line = `${name.slice(-NAME_MAX)} ${part}${formatBytes(bytes)} ${done}`;
      stderr.write(`\r${line.slice(0, stderr.columns - 1)}\x1b[K`);
    },
    clear(): void {
      if (drawn) stderr.write("\r\x1b[K");
      drawn = false;
    },
  };
}
