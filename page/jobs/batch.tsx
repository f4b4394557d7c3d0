import { useTitle } from "../shell/title.ts";

export function Batch() {
  useTitle("Batch");
  return <h1>Batch</h1>;
}
