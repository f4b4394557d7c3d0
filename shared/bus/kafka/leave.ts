/** So long has a broker to answer whoever leaves; one that is gone does not hold him up. */
export const LEAVE_LIMIT_MS = 3000;
