import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { AddressForm } from "./address_form.tsx";
import { intakeFault } from "./intake.ts";
import { isOver } from "./use_intake.ts";

/** Where the picture will be, until there is one. */
export function DropTarget({ choose }: { readonly choose: () => void }) {
  return (
    <div class="drop_target" data-over={isOver}>
      <Icon name="image" />
      <p class="drop_words">Drop images here</p>
      <p class="muted">JPEG, PNG, WebP, AVIF, TIFF or GIF, of any size. Pasting works, too.</p>
      <div class="row">
        <Button look="primary" icon="upload" onClick={choose}>
          Choose images
        </Button>
        <AddressForm look="plain" />
      </div>
      <p class="fault" role="alert">
        {intakeFault}
      </p>
    </div>
  );
}

/** Over everything, while files are held over the page. */
export function DropVeil() {
  if (!isOver.value) return null;
  return (
    <div class="drop_veil" aria-hidden="true">
      <p>
        <Icon name="plus" /> Let go to add
      </p>
    </div>
  );
}
