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

export const isKnownKey = (key: string): boolean =>
  /^net(?:\/[^\s/]+)+$/.test(key) && !key.split('/').some((part) => part === '.' || part === '..');
