import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { Button } from "../design/button.tsx";
import { wordsOf } from "./notices.tsx";
import { signIn } from "./session.ts";
import { useTitle } from "./title.ts";

export function SignIn() {
  const fault = useSignal("");
  useTitle("Sign in");
  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    fault.value = "";
    try {
      await signIn(`${new FormData(event.currentTarget).get("key")}`.trim());
    } catch (thrown) {
      const { text, detail = "" } = wordsOf(thrown);
      fault.value = `${text} ${detail}`.trim();
    }
  };
  return (
    <form class="card stack sign_in" onSubmit={send}>
      <h1>Sign in to Tessera</h1>
      <div class="field">
        <label for="key">API key</label>
        <input
          class="input"
          id="key"
          name="key"
          type="password"
          required
          autocomplete="current-password"
          aria-invalid={fault.value !== ""}
          aria-describedby="key_hint key_fault"
        />
        <p class="hint" id="key_hint">
          Whoever runs this server makes one with <code>tessera keys create</code>.
        </p>
        <p class="fault" id="key_fault" role="alert">
          {fault.value}
        </p>
      </div>
      <Button type="submit" look="primary">
        Sign in
      </Button>
    </form>
  );
}
