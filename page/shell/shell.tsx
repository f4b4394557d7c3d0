/** What is around every view: where one can go, who one is, whether the server is there. */
import type { View } from "../../shared/pages.ts";
import { Button } from "../design/button.tsx";
import { Empty } from "../design/empty.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import { Account } from "./account.tsx";
import { Connection } from "./connection.tsx";
import { inHead } from "./in_head.ts";
import { Mark } from "./mark.tsx";
import { attempt, Notices } from "./notices.tsx";
import { hrefOf, isGoing, place } from "./router.ts";
import { begin, may, session } from "./session.ts";
import { ShortcutSheet } from "./shortcuts.tsx";
import { SignIn, SignInAgain } from "./sign_in.tsx";
import { title } from "./title.ts";
import { firstView, needOf, Shown } from "./views.tsx";

interface Place {
  readonly view: View;
  readonly name: string;
  readonly icon: IconName;
  /** Views that lie within it. */
  readonly within: readonly View[];
}

const PLACES: readonly Place[] = [
  { view: "newJob", name: "New job", icon: "plus", within: ["newJob"] },
  { view: "jobs", name: "Jobs", icon: "layers", within: ["jobs", "job", "batches", "batch"] },
  { view: "workers", name: "Workers", icon: "workers", within: ["workers"] },
  { view: "overview", name: "Overview", icon: "chart", within: ["overview"] },
];

export function Shell() {
  if (place.value.view === "signIn" || session.value === null)
    return (
      <>
        <main class="alone" id="main">
          <SignIn />
        </main>
        <Notices />
      </>
    );
  const { value: InHead } = inHead;
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="head" data-going={isGoing.value}>
        <a class="brand" href={hrefOf(firstView())} aria-label="Tessera, the start">
          <Mark />
          Tessera
        </a>
        <Places />
        <div class="row tools">
          {InHead !== undefined && <InHead />}
          <Connection />
          <Account />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {session.value === undefined ? <Unreached /> : <Shown />}
      </main>
      <p class="unseen" role="status" aria-label="View">
        {title}
      </p>
      <Notices />
      <ShortcutSheet />
      <SignInAgain />
    </>
  );
}

/** Beside the brand; at the bottom where there is no room for it, under a thumb. */
function Places() {
  const { view } = place.value;
  return (
    <nav class="places" aria-label="Views">
      {PLACES.filter((each) => may(needOf(each.view))).map(({ view: to, name, icon, within }) => (
        <a
          key={to}
          href={hrefOf(to)}
          aria-current={view !== undefined && within.includes(view) ? "page" : undefined}
        >
          <Icon name={icon} />
          {name}
        </a>
      ))}
    </nav>
  );
}

/** Nobody has said yet who sits here. */
function Unreached() {
  return (
    <Empty icon="warning" title="The server cannot be reached" isView>
      <p>See that it runs, and that you are connected.</p>
      <Button icon="retry" look="primary" onClick={() => attempt(begin)}>
        Try again
      </Button>
    </Empty>
  );
}
