/**
 * Edits sysctl files: the line that counts gets the new value, lines of what is no longer set go, what is new comes
 * to the end of the last file. Everything else stays byte by byte.
 */
import { type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Reading, type Writing } from '../dialect.ts';
import { plainLines, withLineEdits, withLinesAdded } from '../line-edits.ts';
import { pathOf, splitMinus } from './keys.ts';

const normal = (value: string): string => value.trim().replaceAll(/\s+/g, ' ');

const setting = /^([ \t]*)([^=\s#;][^=]*?)([ \t]*=[ \t]*)([^\r\n]*?)([ \t]*)$/;

const keyOf = (line: string): string | undefined => {
  const name = setting.exec(line)?.[2];
  return name === undefined ? undefined : pathOf(splitMinus(name).name);
};

/** `before`: what the texts say as they are. */
export const editSysctl = (texts: readonly ConfigText[], wanted: Stack['sysctls'], before: Reading): Writing => {
  const said = Object.values(before.stacks)[0]?.sysctls ?? {};
  const place = new Map(
    Object.entries(before.origins).map(([key, at]) => [key.slice(key.indexOf('/sysctls/') + 9), at] as const),
  );
  const spoken = new Set(texts.flatMap(({ text }) => plainLines(text).flatMap((line) => keyOf(line) ?? [])));
  // Of what a pattern says, a line by itself says the other, and `-key` takes it away.
  const isByPattern = (key: string): boolean => Object.hasOwn(said, key) && !spoken.has(key);
  const fresh = Object.keys(wanted).filter(
    (key) => !Object.hasOwn(said, key) || (isByPattern(key) && normal(said[key] ?? '') !== normal(wanted[key] ?? '')),
  );
  const excepted = Object.keys(said).filter((key) => isByPattern(key) && !Object.hasOwn(wanted, key));
  const files = texts.map(({ path, text }, index) => {
    const instead = new Map<number, readonly string[]>();
    for (const [number, line] of plainLines(text).entries()) {
      const key = keyOf(line);
      if (key === undefined || !Object.hasOwn(said, key)) continue;
      const at = place.get(key);
      const isLast = at?.path === path && at.line === number + 1;
      const value = wanted[key] ?? '';
      if (!Object.hasOwn(wanted, key)) instead.set(number, []);
      else if (isLast && normal(value) !== normal(said[key] ?? ''))
        instead.set(number, [
          line.replace(setting, (_, indent: string, name: string, equals: string, __, end: string) =>
            [indent, name, equals, value, end].join(''),
          ),
        ]);
    }
    const whole = withLineEdits(text, { instead, behind: new Map() });
    if (index !== texts.length - 1 || fresh.length + excepted.length === 0) return { path, text: whole };
    const added = [
      ...fresh.sort().map((key) => `${key} = ${normal(wanted[key] ?? '')}`),
      ...excepted.sort().map((key) => `-${key}`),
    ];
    return { path, text: withLinesAdded(whole, added) };
  });
  if (texts.length > 0) return { files, omissions: [] };
  const lines = fresh.sort().map((key) => `${key} = ${normal(wanted[key] ?? '')}\n`);
  return {
    files: lines.length === 0 ? [] : [{ path: 'etc/sysctl.d/90-lanwright.conf', text: lines.join('') }],
    omissions: [],
  };
};
