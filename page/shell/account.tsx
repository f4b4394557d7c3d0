import { Button } from "../design/button.tsx";
import { when } from "../design/format.ts";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { attempt } from "./notices.tsx";
import { hrefOf } from "./router.ts";
import { isSignedIn, may, type Session, session, signOut } from "./session.ts";
import { showShortcuts } from "./shortcuts.tsx";
import { setTheme, THEMES, theme } from "./theme.ts";

/** Who sits here, and what concerns them rather than a view. */
export function Account() {
  const who = session.value;
  if (!who) return null;
  const name = who.by === "nothing" ? "This machine" : who.name;
  return (
    <Menu icon="person" label="You and this page" text={name}>
      <div class="account">
        <p>
          <strong>{name}</strong>
        </p>
        <p class="muted">{rightsOf(who)}</p>
        {who.expires_at !== undefined && <p class="muted">Signed in until {when(who.expires_at)}.</p>}
      </div>
      <fieldset class="themes" aria-label="Colours">
        {THEMES.map(({ theme: each, name, icon }) => (
          <Button
            key={each}
            look="quiet"
            icon={icon}
            pressed={theme.value === each}
            onClick={() => setTheme(each)}
          >
            {name}
          </Button>
        ))}
      </fieldset>
      {may("admin") && (
        <a class="button quiet" href={hrefOf("keys")}>
          <Icon name="key" />
          API keys
        </a>
      )}
      <Button look="quiet" icon="help" onClick={showShortcuts}>
        Keyboard shortcuts
      </Button>
      <a class="button quiet" href="/docs">
        <Icon name="link" />
        The API
      </a>
      {isSignedIn.value && (
        <Button look="quiet" icon="sign_out" onClick={() => attempt(signOut)}>
          Sign out
        </Button>
      )}
    </Menu>
  );
}

const CAN = { submit: "send images", read: "see jobs", operate: "change jobs" } as const;

/** In words. */
function rightsOf({ by, owner, scopes }: Session): string {
  if (by === "nothing") return "There is no API key yet, so whoever is at this machine may do everything.";
  const whose = scopes.includes("admin") ? "everybody's jobs" : `the jobs of ${owner}`;
  if (scopes.includes("admin")) return `May do everything, with ${whose}.`;
  const can = scopes.flatMap((scope) => (scope === "admin" ? [] : [CAN[scope]]));
  return `May ${can.join(", ")}${scopes.includes("read") ? `; sees ${whose}` : ""}.`;
}
