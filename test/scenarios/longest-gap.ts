/** How long a ping got no answer. */

/** The longest silence between answers after `since` (Unix time), in seconds; `printed` by `ping -D`, which says when each came. */
export const longestGapSeconds = (printed: string, since: number): number => {
  const times = [...printed.matchAll(/^\[([\d.]+)\] \d+ bytes/gm)].map(([, time]) => Number(time));
  const after = [since, ...times.filter((time) => time > since)];
  return after.length < 2 ? Infinity : Math.max(...after.slice(1).map((time, index) => time - (after[index] ?? time)));
};
