/** The days that the dashboard sums up. */
export const DAYS = 30;
