import { Button } from "../design/button.tsx";
import { Empty } from "../design/empty.tsx";
import { setSearch } from "../shell/router.ts";
import { NO_FILTER } from "./filter.ts";

export function NothingFits() {
  return (
    <Empty icon="search" title="No job fits the filter">
      <p>There may be others.</p>
      <Button onClick={() => setSearch(NO_FILTER, { isStep: true })}>Clear the filter</Button>
    </Empty>
  );
}
