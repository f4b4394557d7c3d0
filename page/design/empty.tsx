import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

/** In place of what is not there: says why, and what to do. */
export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  /** Whether it stands in place of a whole view, whose heading it has then. */
  readonly isView?: boolean;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      {props.isView === true ? <h1>{props.title}</h1> : <h2>{props.title}</h2>}
      {props.children}
    </div>
  );
}
