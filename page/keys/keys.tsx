import { useTitle } from "../shell/title.ts";

export function Keys() {
  useTitle("API keys");
  return <h1>API keys</h1>;
}
