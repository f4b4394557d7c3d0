import type { ComponentChildren, TargetedMouseEvent } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  readonly icon?: IconName;
  /** Told and shown on hover where the icon stands alone. */
  readonly label?: string;
  readonly look?: "primary" | "plain" | "quiet" | "danger";
  readonly disabled?: boolean;
  /** Whether something that it began is at work, beside what `onClick` gives. */
  readonly busy?: boolean;
  readonly pressed?: boolean;
  readonly type?: "button" | "submit";
  /** Id of a popover that it opens. */
  readonly popoverTarget?: string;
  /** While it is at work the button says so, and cannot be pressed again. */
  readonly onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => unknown;
  readonly children?: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const {
    icon,
    label,
    look = "plain",
    disabled = false,
    pressed,
    type = "button",
    onClick,
    children,
  } = props;
  const [isAtWork, setBusy] = useState(false);
  const busy = isAtWork || props.busy === true;
  const press = async (event: TargetedMouseEvent<HTMLButtonElement>) => {
    const work = onClick?.(event);
    if (!(work instanceof Promise)) return;
    setBusy(true);
    await work.finally(() => setBusy(false));
  };
  const isBare = children === undefined;
  return (
    <button
      class={`button ${look}${isBare ? " bare" : ""}`}
      type={type}
      disabled={disabled}
      aria-disabled={busy}
      aria-busy={busy}
      aria-label={isBare ? label : undefined}
      aria-pressed={pressed}
      title={label}
      {...(props.popoverTarget !== undefined && { popovertarget: props.popoverTarget })}
      onClick={busy ? undefined : press}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
