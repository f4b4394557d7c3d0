import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { TesseraError } from "../../shared/errors.ts";
import { Button } from "../design/button.tsx";
import { Mark } from "./mark.tsx";
import { wordsOf } from "./notices.tsx";
import { hasLapsed, session, signIn, signInWaits, signOut } from "./session.ts";
import { useTitle } from "./title.ts";

export function SignIn() {
  useTitle("Sign in");
  return (
    <div class="card stack sign_in">
      <h1>
        <Mark />
        Sign in to Tessera
      </h1>
      <SignInForm />
    </div>
  );
}

/** Over the work of somebody whom the server does not know any more; with the same key they go on where they were. */
export function SignInAgain() {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useSignalEffect(() => {
    if (hasLapsed.value && !signInWaits.value) element.current?.showModal();
    else element.current?.close();
  });
  return (
    <dialog
      ref={element}
      class="dialog sign_in"
      closedby="none"
      aria-labelledby={heading}
      onCancel={(event) => event.preventDefault()}
      onClose={({ currentTarget }) => hasLapsed.value && !signInWaits.value && currentTarget.showModal()}
    >
      <h2 id={heading}>Sign in to go on</h2>
      <p class="muted">
        You are not signed in any more{session.value?.by === "session" && ` as ${session.value.name}`}. What
        you see stays as it is.
      </p>
      {hasLapsed.value && (
        <SignInForm>
          <Button look="quiet" onClick={signOut}>
            Leave
          </Button>
        </SignInForm>
      )}
    </dialog>
  );
}

/** Headers take nothing else, and keys have nothing else. */
const SENDABLE = /^[\x21-\x7e]+$/;

function SignInForm({ children }: { readonly children?: ComponentChildren }) {
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const isSeen = useSignal(false);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy.value) return;
    const key = `${new FormData(event.currentTarget).get("key")}`.trim();
    fault.value = "";
    isBusy.value = true;
    try {
      if (!SENDABLE.test(key)) throw new TesseraError("unauthorized", "There is no such key.");
      await signIn(key);
    } catch (thrown) {
      fault.value = faultOf(thrown);
      input.current?.select();
    }
    isBusy.value = false;
  };
  return (
    <form class="stack" onSubmit={send}>
      <div class="field">
        <label for={`${id}key`}>API key</label>
        <div class="row secret_field">
          <input
            {...{ id: `${id}key`, name: "key", class: "input" }}
            type={(isSeen.value ? "text" : "password") as "password"}
            {...{ ref: input, required: true, autocomplete: "current-password", spellcheck: false }}
            aria-invalid={fault.value !== ""}
            aria-describedby={`${id}hint ${id}fault`}
          />
          <Button
            look="quiet"
            icon={isSeen.value ? "eye_off" : "eye"}
            label={isSeen.value ? "Hide the key" : "Show the key"}
            onClick={() => {
              isSeen.value = !isSeen.value;
            }}
          />
        </div>
        <p class="hint" id={`${id}hint`}>
          Whoever runs this server makes one with <code>tessera keys create</code>, or on the page of keys.
        </p>
        <p class="fault" id={`${id}fault`} role="alert">
          {fault.value}
        </p>
      </div>
      <div class="row end">
        {children}
        <Button type="submit" look="primary" busy={isBusy.value}>
          Sign in
        </Button>
      </div>
    </form>
  );
}

/** What is wrong with a key, and what to do. */
function faultOf(thrown: unknown): string {
  if (thrown instanceof TesseraError && thrown.code === "unauthorized") {
    const what = thrown.detail === "" ? "There is no such key." : thrown.detail;
    const isUnknown = what.startsWith("There is no");
    return `${what} ${isUnknown ? "See that you have copied all of it: it begins with tsk_." : "Ask whoever runs this server for another."}`;
  }
  const { text, detail = "" } = wordsOf(thrown);
  return `${text} ${detail}`.trim();
}
