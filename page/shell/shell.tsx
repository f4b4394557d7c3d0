/** What is around every view: where one can go, who one is, whether the server is there. */

import type { View } from "../../shared/pages.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Connection } from "./connection.tsx";
import { attempt, Notices } from "./notices.tsx";
import { hrefOf, place } from "./router.ts";
import { isSignedIn, may, session, signOut } from "./session.ts";
import { ShortcutSheet, showShortcuts } from "./shortcuts.tsx";
import { SignIn } from "./sign_in.tsx";
import { toggleTheme } from "./theme.ts";
import { Shown } from "./views.tsx";

const PLACES = [
  { view: "newJob", name: "New job", within: ["newJob"] },
  { view: "jobs", name: "Jobs", within: ["jobs", "job", "batches", "batch"] },
  { view: "workers", name: "Workers", within: ["workers"] },
  { view: "overview", name: "Overview", within: ["overview"] },
] as const satisfies readonly { view: View; name: string; within: readonly View[] }[];

export function Shell() {
  const { view } = place.value;
  if (view === "signIn" || session.value === null)
    return (
      <>
        <main class="alone" id="main">
          <SignIn />
        </main>
        <Notices />
      </>
    );
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="head">
        <a class="brand" href={hrefOf("newJob")}>
          <Mark />
          Tessera
        </a>
        <nav class="places" aria-label="Views">
          {PLACES.map(({ view: to, name, within }) => (
            <a
              key={to}
              href={hrefOf(to)}
              aria-current={(within as readonly (View | undefined)[]).includes(view) ? "page" : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        <div class="row tools">
          <Connection />
          {may("admin") && session.value?.by !== undefined && (
            <a class="button quiet bare" href={hrefOf("keys")} aria-label="API keys" title="API keys">
              <Icon name="key" />
            </a>
          )}
          <Button look="quiet" icon="moon" label="Light or dark" onClick={toggleTheme} />
          <Button look="quiet" icon="help" label="Keyboard shortcuts" onClick={showShortcuts} />
          {isSignedIn.value && (
            <Button look="quiet" icon="sign_out" label="Sign out" onClick={() => attempt(signOut)} />
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {session.value !== undefined && <Shown />}
      </main>
      <Notices />
      <ShortcutSheet />
    </>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path fill="#3457d5" d="M3 3h12v12H3z" />
      <path fill="#22a39f" d="M17 3h12v12H17z" />
      <path fill="#e0a526" d="M3 17h12v12H3z" />
      <path fill="#d8496b" d="M19.5 19.5h9v9h-9z" />
    </svg>
  );
}
