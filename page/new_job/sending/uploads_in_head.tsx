import { percent } from "../../design/format.ts";
import { Icon } from "../../design/icon.tsx";
import { hrefOf } from "../../shell/router.ts";
import { shareSent, underWay } from "./sending.ts";

/** That something is being sent, wherever one looks. */
export function UploadsInHead() {
  const { value: count } = underWay;
  if (count === 0) return null;
  const words = `${count === 1 ? "1 upload" : `${count} uploads`}, ${percent(shareSent.value)}`;
  return (
    <a class="button quiet number" href={hrefOf("newJob")} title="See the uploads">
      <Icon name="upload" />
      {words}
    </a>
  );
}
