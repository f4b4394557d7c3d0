import { Button } from "../design/button.tsx";
import { Copy } from "../shell/copy.tsx";
import { attempt } from "../shell/notices.tsx";
import { signIn } from "../shell/session.ts";
import type { Made } from "./new_key.tsx";

interface SecretProps {
  readonly made: Made;
  readonly isFirst: boolean;
  readonly onClose: () => void;
}

/** The key itself, which nobody can see again. */
export function Secret({ made: { secret }, isFirst, onClose }: SecretProps) {
  return (
    <div class="stack">
      <p>
        Copy it now and keep it like a password: <strong>it is not shown again.</strong>
      </p>
      <output class="secret" aria-label="The key">
        {secret}
      </output>
      <div class="row" data-first>
        <Copy text={secret} what="the key" />
      </div>
      {isFirst && <p>The server is closed now: sign in with this key to go on.</p>}
      <div class="row end">
        {isFirst ? (
          <>
            <Button onClick={onClose}>Later</Button>
            <Button look="primary" onClick={() => attempt(() => signIn(secret))}>
              Sign in with it
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            I have it
          </Button>
        )}
      </div>
    </div>
  );
}
