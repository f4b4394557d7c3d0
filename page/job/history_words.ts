/** What has happened to a job, as its history has it, in people's words. */

const WORDS: Readonly<Record<string, string>> = {
  queued: "Taken in",
  ingesting: "Began to read the image",
  running: "The image is read",
  exporting: "All tiles are done; the result is written",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  paused: "Paused",
  resumed: "Resumed",
  priority: "Priority changed",
  tile_refused: "An attempt at a tile failed",
};

export function historyWords({ what, detail }: { readonly what: string; readonly detail: string }): {
  readonly words: string;
  readonly detail: string;
} {
  if (what === "queued" && detail === "retry") return { words: "Retried", detail: "" };
  if (what === "priority") return { words: `Priority changed to ${detail}`, detail: "" };
  const words = WORDS[what] ?? what.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  return { words, detail };
}
