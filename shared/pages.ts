/** The page's views and their addresses: the server answers these with the page, which shows the view. */
export const PAGES = {
  newJob: "/",
  jobs: "/jobs",
  job: "/jobs/:id",
  batches: "/batches",
  batch: "/batches/:id",
  workers: "/workers",
  overview: "/overview",
  keys: "/keys",
  signIn: "/sign-in",
} as const;

export type View = keyof typeof PAGES;
