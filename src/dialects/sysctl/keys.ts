/**
 * Names of kernel parameters. Where the first separator is a slash, slashes part and dots are meant; else dots part and
 * slashes stand for dots of names (sysctl.d(5)): `net.ipv4.conf.eth0/5.forwarding` is about eth0.5.
 */
export const pathOf = (name: string): string => {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '.') return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
};

/** A `-` in front: an error when setting it does not count. */
export const splitMinus = (key: string): { readonly name: string; readonly minus: '' | '-' } =>
  key.startsWith('-') ? { name: key.slice(1).trim(), minus: '-' } : { name: key, minus: '' };

/** Parameters of interfaces and neighbours stand below the name of one: `net/ipv4/conf/eth0/forwarding`. */
const isWhole = (parts: readonly string[]): boolean =>
  parts[2] === 'conf' || parts[2] === 'neigh' ? parts.length === 5 : true;

export const isKnownKey = (key: string): boolean => {
  const parts = key.split('/');
  return /^net(?:\/[^\s/]+)+$/.test(key) && isWhole(parts) && !parts.some((part) => part === '.' || part === '..');
};

/** What other systems call their parameters; Linux has no such folders. */
export const isOfBsd = (key: string): boolean => /^net\/(?:inet6?|link|isr|local|bpf|pf)\//.test(key);

/** Files that are written for what happens then, and hold nothing. */
export const isAct = (key: string): boolean => /^net\/ipv[46]\/route\/flush$/.test(key);

/** Parameters that are one number; `stable_secret` of IPv6 is an address. */
const isNumber = (key: string): boolean =>
  /^net\/ipv[46]\/(?:ip_forward|conf\/[^/]+\/(?!stable_secret$)\w+)$/.test(key);

/**
 * What the kernel makes of a value: numbers up to the first word that is none, in words of their own
 * (proc_dointvec in kernel/sysctl.c). Undefined: it refuses it.
 */
export const valueOf = (key: string, text: string): string | undefined => {
  const plain = text.replace(/(?<=^[-\d\s]+)\s[#;].*$/, '').trimEnd();
  if (!isNumber(key)) return plain;
  const words = plain.split(/\s+/);
  const isRead = (word: string): boolean => /^[-+]?(?:0x[\da-f]+|\d+)$/i.test(word);
  if (words.every(isRead)) return plain;
  return isRead(words[0] ?? '') ? words[0] : undefined;
};
