/** Values of dnsmasq.conf(5): lists with commas, lease times, tags. */
export const partsOf = (value: string): readonly string[] =>
  value
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter((part) => part !== '');

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** `infinite` is the most that the protocol can say. */
export const leaseSeconds = (text: string): number | undefined => {
  if (text === 'infinite') return 0xffffffff;
  const [, count, unit] = /^(\d{1,9})([smhdw]?)$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (units[(unit ?? '').toLowerCase()] ?? 1);
};

/** `tag:lan`, `set:lan`, `net:lan`. */
export const tagOf = (text: string): string | undefined => /^(?:tag|set|net):(.+)$/.exec(text)?.[1];
