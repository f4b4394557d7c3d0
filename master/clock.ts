/** Has `work` done every so often. Returns how to end it. */
export type Every = (ms: number, work: () => void) => () => void;

export const everyBySystem: Every = (ms, work) => {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
};
