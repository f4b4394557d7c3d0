import { useEffect } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { bytes, pixels } from "../../design/format.ts";
import { Icon } from "../../design/icon.tsx";
import { AddressForm } from "./address_form.tsx";
import { images, looked, removeImage, type SourceImage } from "./images.ts";
import { intakeFault } from "./intake.ts";
import { releaseProxy } from "./proxies.ts";
import { makeThumbnail } from "./thumbnails.ts";

/** The images that are there, and how to get more. */
export function ImageList({ choose }: { readonly choose: () => void }) {
  const { length } = images.value;
  return (
    <section class="image_list" aria-label="Images">
      <div class="row apart">
        <h2>{length === 1 ? "1 image" : `${length} images`}</h2>
        <span class="row tools">
          <Button look="quiet" icon="plus" onClick={choose}>
            Add images
          </Button>
          <AddressForm />
          {length > 1 && (
            <Button look="quiet" icon="trash" onClick={() => images.value.forEach(remove)}>
              Remove all
            </Button>
          )}
        </span>
      </div>
      <p class="fault" role="alert">
        {intakeFault}
      </p>
      <ul class="image_cards">
        {images.value.map((image) => (
          <Thumbnail key={image.id} image={image} />
        ))}
      </ul>
      {length > 1 && (
        <p class="muted">
          They become one batch: the same is done with each of them. You are looking at one.
        </p>
      )}
    </section>
  );
}

function remove(image: SourceImage): void {
  removeImage(image);
  void releaseProxy(image);
}

function Thumbnail({ image }: { readonly image: SourceImage }) {
  useEffect(() => makeThumbnail(image), [image]);
  const { name, source, size, thumbnail, fault } = image;
  const about = "file" in source ? bytes(source.file.size) : "from its address";
  const sides = size.value === undefined ? "" : pixels(size.value.width, size.value.height);
  return (
    <li class="image_card" data-looked={looked.value === image}>
      <button
        type="button"
        class="image_card_look"
        title={`Look at ${name}`}
        aria-pressed={looked.value === image}
        onClick={() => {
          looked.value = image;
        }}
      >
        <span class="image_card_picture">
          {fault.value !== "" ? (
            <Icon name="warning" />
          ) : thumbnail.value === undefined ? (
            <Icon name={"file" in source ? "image" : "link"} />
          ) : (
            <img src={thumbnail.value} alt="" />
          )}
        </span>
        <span class="image_card_name">{name}</span>
        <span class="image_card_about muted number">{sides || about}</span>
        {sides !== "" && <span class="image_card_about muted number">{about}</span>}
      </button>
      <Button look="quiet" icon="close" label={`Remove ${name}`} onClick={() => remove(image)} />
    </li>
  );
}
