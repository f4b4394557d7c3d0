import { live } from "./live.ts";

/** Whether what is shown is as it is now. */
export function Connection() {
  const state = live.state.value;
  if (state === "open") return <span class="unseen">Connected</span>;
  return (
    <span class="connection" data-state={state} role="status">
      {state === "lost" ? "Connection lost. Trying again…" : "Connecting…"}
    </span>
  );
}
