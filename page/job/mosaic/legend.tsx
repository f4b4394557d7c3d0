/** What the mosaic's signs mean. */
export function Legend({ hasPixels }: { readonly hasPixels: boolean }) {
  return (
    <ul class="legend" aria-label="What the tiles look like">
      <Sign look="waiting">waiting</Sign>
      <Sign look="in_flight">in flight</Sign>
      <Sign look="done">{hasPixels ? "done, its pixels to come" : "done"}</Sign>
      {hasPixels && <Sign look="shown">done</Sign>}
      <Sign look="retried">tried again</Sign>
      <Sign look="failed">failed</Sign>
    </ul>
  );
}

function Sign({ look, children }: { readonly look: string; readonly children: preact.ComponentChildren }) {
  return (
    <li>
      <span class="sign" data-look={look} />
      {children}
    </li>
  );
}
