import { useTitle } from "../shell/title.ts";

export function Batches() {
  useTitle("Batches");
  return <h1>Batches</h1>;
}
