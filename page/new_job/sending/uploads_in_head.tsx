import { counted, percent } from "../../design/format.ts";
import { Icon } from "../../design/icon.tsx";
import { hrefOf } from "../../shell/router.ts";
import { failed, shareSent, underWay } from "./sending.ts";

/** That something is being sent, or could not be, wherever one looks. */
export function UploadsInHead() {
  const [count, failures] = [underWay.value, failed.value];
  const lost =
    failures === 0 ? "" : count > 0 ? `, ${failures} failed` : `${counted(failures, "upload")} failed`;
  return (
    <>
      {count + failures > 0 && (
        <a class="button quiet number uploads_in_head" href={hrefOf("newJob")} title="See the uploads">
          <Icon name={failures > 0 ? "warning" : "upload"} />
          <span class="clipped">
            {count > 0 && (
              <>
                <span class="uploads_count">{counted(count, "upload")}, </span>
                {percent(shareSent.value)}
              </>
            )}
            <span class="fault">{lost}</span>
          </span>
        </a>
      )}
      <span class="unseen" role="status" aria-label="Uploads">
        {failures > 0 && `${counted(failures, "upload")} failed.`}
      </span>
    </>
  );
}
