import { useTitle } from "../shell/title.ts";

export function Workers() {
  useTitle("Workers");
  return <h1>Workers</h1>;
}
