import { Button } from "../design/button.tsx";
import { Empty } from "../design/empty.tsx";
import { wordsOf } from "../shell/notices.tsx";
import { place, setSearch } from "../shell/router.ts";

interface FaultProps {
  readonly thrown: unknown;
  readonly onRetry: () => void;
  /** See `Empty`. */
  readonly isView?: boolean;
}

/** In place of a list that could not be had. */
export function Fault({ thrown, onRetry, isView = false }: FaultProps) {
  const { text, detail } = wordsOf(thrown);
  return (
    <Empty icon="warning" title={text} isView={isView}>
      {detail !== undefined && <p class="muted">{detail}</p>}
      <div class="row">
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
        {place.value.search.has("cursor") && (
          <Button onClick={() => setSearch({ cursor: undefined })}>To the newest</Button>
        )}
      </div>
    </Empty>
  );
}
