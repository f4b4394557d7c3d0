import { Button } from "../design/button.tsx";
import { connection, retryConnection } from "./live.ts";

/** Says so when what is shown is not as it is now. */
export function Connection() {
  const state = connection.value;
  return (
    <span class="connection" data-state={state} role="status">
      {state === "lost" && (
        <>
          Connection lost
          <Button look="quiet" icon="retry" label="Connect now" onClick={retryConnection} />
        </>
      )}
    </span>
  );
}
