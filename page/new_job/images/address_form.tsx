import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { addAddress } from "./images.ts";
import { addressIn } from "./intake.ts";

/** An image that the server is to fetch. */
export function AddressForm({ look = "quiet" }: { readonly look?: "quiet" | "plain" }) {
  const isOpen = useSignal(false);
  const fault = useSignal("");
  const add = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const address = addressIn(`${new FormData(event.currentTarget).get("address")}`);
    if (address === undefined) {
      fault.value = "An address begins with http:// or https://.";
      return;
    }
    addAddress(address);
    isOpen.value = false;
  };
  return (
    <>
      <Button
        look={look}
        icon="link"
        onClick={() => {
          fault.value = "";
          isOpen.value = true;
        }}
      >
        From an address
      </Button>
      <Dialog open={isOpen} title="An image from an address">
        <form class="stack" onSubmit={add} noValidate>
          <div class="field">
            <label for="address">Address</label>
            <input
              class="input"
              id="address"
              name="address"
              type="url"
              inputMode="url"
              maxLength={2048}
              placeholder="https://example.com/photo.jpg"
              aria-invalid={fault.value !== ""}
              aria-describedby="address_hint address_fault"
            />
            <p class="hint" id="address_hint">
              The server fetches it; only public addresses are gone to, unless whoever runs it allows others.
            </p>
            <p class="fault" id="address_fault" role="alert">
              {fault}
            </p>
          </div>
          <div class="row end">
            <Button type="submit" look="primary">
              Add
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
