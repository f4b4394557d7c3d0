import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface PagerProps {
  /** What is turned: "Jobs". */
  readonly label: string;
  /** Nothing where there is no such page. */
  readonly onNewer: (() => void) | undefined;
  readonly onOlder: (() => void) | undefined;
}

/** Turns the pages of a list, the newest of which is the first; nothing where all of it is on one. */
export function Pager({ label, onNewer, onOlder }: PagerProps) {
  if (onNewer === undefined && onOlder === undefined) return null;
  return (
    <nav class="row pager" aria-label={`${label}, pages`}>
      <Button icon="arrow_left" disabled={onNewer === undefined} onClick={() => onNewer?.()}>
        Newer
      </Button>
      <Button disabled={onOlder === undefined} onClick={() => onOlder?.()}>
        Older
        <Icon name="arrow_right" />
      </Button>
    </nav>
  );
}
