/** Pictograms, drawn on a square of 24 with a line of 2. */
const PATHS = {
  arrow_left: "M19 12H5m6 6-6-6 6-6",
  arrow_right: "M5 12h14m-6-6 6 6-6 6",
  chart: "M4 4v16h16M8 16v-4m4 4V8m4 8v-6",
  check: "m5 12 5 5 9-10",
  chevron_down: "m6 9 6 6 6-6",
  chevron_right: "m9 6 6 6-6 6",
  chevron_up: "m6 15 6-6 6 6",
  close: "m6 6 12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  divide: "M12 3v18M8 8l-4 4 4 4m8-8 4 4-4 4",
  download: "M12 4v11m-5-4 5 5 5-5M4 20h16",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zm10-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  eye_off:
    "m3 3 18 18M10 5.2A9.6 9.6 0 0 1 12 5c6 0 10 7 10 7a17 17 0 0 1-3 3.6M6 6.7C3.5 8.6 2 12 2 12s4 7 10 7a9 9 0 0 0 4-1",
  filter: "M4 6h16M7 12h10M10 18h4",
  grip: "M9 5v.01M15 5v.01M9 12v.01M15 12v.01M9 19v.01M15 19v.01",
  help: "M12 17.500v.01M9 9a3 3 0 1 1 4 2.800c-1 .4-1 1-1 2.200M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  image: "M4 4h16v16H4zm0 12 5-5 5 5 3-3 3 3M15 9v.01",
  key: "M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm2.800-1.200L20 20m-3-3 2.500-2.500M14 14l2-2",
  layers: "m12 3 9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  minus: "M5 12h14",
  more: "M5 12v.01M12 12v.01M19 12v.01",
  moon: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0",
  pause: "M8 5v14M16 5v14",
  play: "M7 5v14l12-7z",
  plus: "M12 5v14M5 12h14",
  redo: "m15 5 4 4-4 4m4-4H9a5 5 0 0 0 0 10h3",
  reset: "M4 4v5h5M5 9a8 8 0 1 1-1 5",
  retry: "M4 12a8 8 0 1 0 3-6.200L4 8m0-5v5h5",
  screen: "M3 4h18v12H3zM8 20h8m-4-4v4",
  search: "m20 20-4.5-4.500M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  share: "M12 15V4m-4 4 4-4 4 4M5 12v8h14v-8",
  sign_out: "M10 4H5v16h5m4-12 4 4-4 4m4-4H9",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0-6v2m0 16v2M4.9 4.900l1.5 1.500m11.2 11.2 1.5 1.500M2 12h2m16 0h2M4.9 19.100l1.5-1.500M17.6 6.400l1.5-1.5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  undo: "M9 5 5 9l4 4M5 9h10a5 5 0 0 1 0 10h-3",
  upload: "M12 16V5m-5 4 5-5 5 5M4 20h16",
  workers: "M7 7h10v10H7zM10 3v4m4-4v4m-4 10v4m4-4v4M3 10h4m-4 4h4m10-4h4m-4 4h4",
  warning: "M12 4 2.5 20h19zM12 10v4m0 3v.01",
} as const;

export type IconName = keyof typeof PATHS;

/** It says nothing by itself: what it stands beside, or the label of its button, does. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
