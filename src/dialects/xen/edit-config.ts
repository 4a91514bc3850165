/** Edits the line of xend-config.sxp that names the script for the host's network; all others stay. */
import { type NetworkState } from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { stackIn } from '../reading.ts';

/** A script with what it is told; undefined: none. */
export type NetworkScript =
  { readonly name: string; readonly options: Readonly<Record<string, string | undefined>> } | undefined;

const isGuestSide = (name: string): boolean => /^vif\d/.test(name);

/** Scripts that could have made of a host what it is, by the parts of it that only they make. */
export const scriptsFor = (state: NetworkState, host: string): readonly NetworkScript[] => {
  const { interfaces, filter, sysctls } = stackIn(state, host);
  const found: NetworkScript[] = [];
  for (const [port, { master }] of Object.entries(interfaces).sort(([a], [b]) => compareText(a, b))) {
    if (master === undefined || isGuestSide(port)) continue;
    const isRenamed = port === `p${master}`;
    found.push({
      name: 'network-bridge',
      options: { netdev: isRenamed ? master : port, bridge: isRenamed ? undefined : master },
    });
  }
  for (const { chains } of filter)
    for (const { matches, verdict } of chains.flatMap(({ rules }) => rules))
      for (const match of matches)
        if (verdict.kind === 'masquerade' && match.kind === 'oif' && match.names[0] !== undefined)
          found.push({ name: 'network-nat', options: { netdev: match.names[0] } });
  for (const key of Object.keys(sysctls)) {
    const netdev = /^net\/ipv4\/conf\/([^/]+)\/proxy_arp$/.exec(key)?.[1];
    if (netdev !== undefined && !isGuestSide(netdev)) found.push({ name: 'network-route', options: { netdev } });
  }
  return [...found, undefined];
};

const line = /^([ \t]*\([ \t]*network-script[ \t]+)('[^'\n]*'|"[^"\n]*"|[^()\n]*?)([ \t]*\)[^\n]*)$/gm;

/** eth0 is what scripts take where nothing is said. */
const isBorn = (key: string, value: string | undefined): boolean => key === 'netdev' && value === 'eth0';

const wordsFor = (script: NonNullable<NetworkScript>, said: readonly string[]): readonly string[] => {
  const [old = '', ...options] = said;
  const isSame = old.replace(/^.*\//, '') === script.name;
  const rest = isSame ? options : [];
  const kept = rest.flatMap((option) => {
    const [key = ''] = option.split('=');
    if (!Object.hasOwn(script.options, key)) return key === 'bridge' || key === 'netdev' ? [] : [option];
    const value = script.options[key];
    return value === undefined ? [] : [`${key}=${value}`];
  });
  const named = new Set(kept.map((option) => option.split('=')[0]));
  const fresh = Object.entries(script.options).flatMap(([key, value]) =>
    value === undefined || named.has(key) || isBorn(key, value) ? [] : [`${key}=${value}`],
  );
  return [isSame ? old : script.name, ...kept, ...fresh];
};

/** The last line that names one is the one that counts. */
export const withNetworkScript = (text: string, script: NetworkScript): string => {
  const found = [...text.matchAll(line)].at(-1);
  if (found === undefined)
    return script === undefined
      ? text
      : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}(network-script '${wordsFor(script, []).join(' ')}')\n`;
  const [whole, head = '', value = '', tail = ''] = found;
  const end = found.index + whole.length;
  if (script === undefined) return text.slice(0, found.index) + text.slice(end).replace(/^\r?\n/, '');
  const quote = /^['"]/.exec(value)?.[0] ?? '';
  const inner = quote === '' ? value : value.slice(1, -1);
  const said = inner.split(/\s+/).filter((word) => word !== '');
  const words = wordsFor(script, said).join(' ');
  if (words === said.join(' ')) return text;
  const needed = quote === '' && words.includes(' ') ? "'" : quote;
  return `${text.slice(0, found.index)}${head}${needed}${words}${needed}${tail}${text.slice(end)}`;
};
