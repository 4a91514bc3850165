/**
 * What people paste from a terminal: `ip address`, `ip link`, `ip route`, `ip rule`, `ip neigh` (as text or JSON),
 * `ifconfig`, `route -n`, `netstat -rn`, `brctl show`, `bridge link`. Prompts part commands; without them each line is known by its form.
 */
import { type Family } from '../../net/address.ts';
import { type Dialect, type Place, type Remark } from '../dialect.ts';
import { linesOf, type Line } from '../text.ts';
import { emptyDraft, interfaceIn, type Draft, type InterfaceDraft } from './draft.ts';
import { finished } from './finish-draft.ts';
import { withBrokenLinesMended } from './broken-lines.ts';
import { broadcastFault, ifconfigDetail, ifconfigHead, macFault, type Seen } from './ifconfig.ts';
import { readDetail, readHead, readJsonLink } from './links.ts';
import { hopWords, isJson, wordsOf } from './json-words.ts';
import { routeOfTable, tableFor, type RouteTable } from './route-tables.ts';
import { addNextHop, readNeighbour, routeIn, ruleIn } from './routes.ts';

/** `$ ip addr`, `root@host:~# ip -6 route`, `[user@host ~]$ brctl show`, `host:~# ip rule`, `/ # ip a`, `zsh% ip r`. */
const prompt =
  /^\s*(?:\[?[\w.-]+@[\w.-]+[^#$]*\]?|└─|[\w.-]+:[~/][^\s#$]*|[~/]\S* |\w*)[#$%] (?=(?:sudo )?(?:\/\S*\/)?(?:ip|ifconfig|route|netstat|brctl|bridge|ip6?tables)\b)(.*)$/;

interface Reader {
  readonly draft: Draft;
  family: Family;
  current: { readonly it: InterfaceDraft; readonly name: string } | undefined;
  seen: Seen | undefined;
  bridge: string | undefined;
  table: RouteTable | 'brctl' | undefined;
}

const startCommand = (reader: Reader, command: string): void => {
  reader.family = /\s-6\b|inet6/.test(command) ? 6 : 4;
  reader.current = undefined;
  reader.seen = undefined;
  reader.table = undefined;
};

/** `br0  8000.02…  no  eth0`, and below it only the names of further ports. */
const readBrctl = (reader: Reader, text: string, place: Place): boolean => {
  const more = /^\s+(\S+)\s*$/.exec(text)?.[1];
  const [, name, , stp, port] = /^(\S+)\s+([0-9a-f]{4}\.[0-9a-f]{12})\s+(yes|no)(?:\s+(\S+))?\s*$/.exec(text) ?? [];
  if (name !== undefined) {
    const it = interfaceIn(reader.draft, name, place);
    it.kind = 'bridge';
    it.up = true;
    it.settings = {
      bridge: { stp: stp === 'yes', forwardDelaySeconds: it.settings.bridge?.forwardDelaySeconds ?? 15 },
    };
    reader.bridge = name;
  }
  const member = port ?? (name === undefined ? more : undefined);
  if (member !== undefined && reader.bridge !== undefined) {
    const own = interfaceIn(reader.draft, member, place);
    own.master = reader.bridge;
    own.up = true;
  }
  return name !== undefined || member !== undefined;
};

const readTable = (reader: Reader, text: string, place: Place, remarks: Remark[]): boolean => {
  if (/^bridge name\s+bridge id/.test(text)) {
    reader.table = 'brctl';
    return true;
  }
  if (/^Kernel IP(?:v6)? routing table/.test(text)) return true;
  const header = tableFor(text);
  if (header !== undefined) {
    reader.table = header;
    return true;
  }
  if (reader.table === 'brctl') return readBrctl(reader, text, place);
  if (reader.table === undefined) return false;
  const route = routeOfTable(text, reader.table, place);
  if (route === undefined) return false;
  if (route === 'named')
    remarks.push({
      ...{ kind: 'not-said', code: 'named-address', at: place },
      message: `\`${text.trim()}\` has a name where an address belongs, and is left out`,
      help: 'paste what `ip route` or `route -n` prints',
    });
  else if (route !== 'left-out') reader.draft.routes.push(route);
  reader.draft.isAny = true;
  return true;
};

const readInterfaces = (reader: Reader, text: string, place: Place, remarks: Remark[]): boolean => {
  // Pages are pasted with what they were indented by.
  const bare = text.trimStart();
  const it = readHead(reader.draft, bare, place);
  if (it !== undefined) {
    reader.current = { it, name: /^\d+: ([^\s:@]+)/.exec(bare)?.[1] ?? '' };
    reader.seen = undefined;
    reader.table = undefined;
    return true;
  }
  const seen = ifconfigHead(reader.draft, text, place);
  if (seen !== undefined) {
    reader.seen = seen;
    reader.current = undefined;
    reader.table = undefined;
    return true;
  }
  // `ip -o address`: each address on a line of its own, with its interface.
  const [, name, address] = /^\d+: (\S+)\s+(inet6? \S[^\\]*)/.exec(bare) ?? [];
  if (name !== undefined && address !== undefined) {
    const owner = interfaceIn(reader.draft, name, place);
    if (name === 'lo') owner.kind = 'loopback';
    owner.up = true;
    reader.draft.isAny = true;
    return readDetail(reader.draft, owner, name, address);
  }
  if (!/^\s/.test(text)) return false;
  if (reader.current !== undefined && readDetail(reader.draft, reader.current.it, reader.current.name, text))
    return true;
  if (reader.seen === undefined || !ifconfigDetail(reader.seen, text)) return false;
  const wrong = broadcastFault(text);
  if (wrong !== undefined) remarks.push({ kind: 'error', code: 'wrong-broadcast', message: wrong, at: place });
  return true;
};

const readRoutes = (reader: Reader, text: string, place: Place): boolean => {
  const { draft, family } = reader;
  if (/^\s+nexthop /.test(text)) return addNextHop(draft, text);
  const rule = ruleIn(text, family);
  if (rule !== undefined) {
    if (rule !== 'left-out') draft.rules.push(rule);
    draft.isAny = true;
    return true;
  }
  const isNeighbour = / (?:lladdr \S+|proxy|FAILED|INCOMPLETE)/.test(text) && !/ (?:via|proto|scope) /.test(text);
  if (isNeighbour) return readNeighbour(draft, text);
  const route = routeIn(text, family, place);
  if (route === undefined) return false;
  if (route !== 'left-out') {
    if ('by' in route) draft.given.push(route);
    else draft.routes.push(route);
  }
  draft.isAny = true;
  return true;
};

const readJson = (reader: Reader, text: string, place: Place, remarks: Remark[]): void => {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    remarks.push({
      kind: 'error',
      code: 'not-json',
      message: 'this begins as JSON of `ip -j`, and is none',
      at: place,
    });
    return;
  }
  for (const json of Array.isArray(list) ? (list as readonly unknown[]) : []) {
    if (!isJson(json) || readJsonLink(reader.draft, json, place)) continue;
    const words = wordsOf(json);
    const isRead = words !== undefined && readRoutes(reader, words, place);
    const hops = json['nexthops'];
    if (isRead && Array.isArray(hops))
      for (const hop of hops as readonly unknown[]) if (isJson(hop)) addNextHop(reader.draft, hopWords(hop));
  }
};

/** `iptables -L` leaves out interfaces and tables: whom its rules are about cannot be told. */
const chainHead = /^Chain \S+ \((?:policy \w+.*|\d+ references)\)/;
const ruleLine =
  /^\s*(?:target\s+prot opt|num\s+(?:pkts|target)|pkts\s+bytes\s+target|.*\S\s+(?:all|tcp|udp|icmp|\d+)\s+(?:--|-f|!f)\s)/;

const isListing = (text: string): boolean => chainHead.test(text) || ruleLine.test(text);

const otherSystem = /^\s+(?:nd6 options=|options=|media: |status: (?:in)?active)/;

const readLine = (reader: Reader, line: Line, path: string, remarks: Remark[]): void => {
  const { text, number } = line;
  const place: Place = { path, line: number, column: text.length - text.trimStart().length + 1 };
  if (text.trim() === '') return;
  if (isListing(text)) {
    const isTold = remarks.some(({ code, at }) => code === 'listing-of-rules' && at.path === path);
    if (!isTold)
      remarks.push({
        kind: 'not-said',
        code: 'listing-of-rules',
        message: 'what `iptables -L` prints leaves out interfaces and other tables, and is left out',
        at: place,
        help: 'paste what `iptables-save` and `ip6tables-save` print',
      });
    return;
  }
  const command = prompt.exec(text)?.[1];
  if (command !== undefined) {
    startCommand(reader, command);
    return;
  }
  const isRead =
    readTable(reader, text, place, remarks) ||
    readInterfaces(reader, text, place, remarks) ||
    readRoutes(reader, text, place);
  const unreadable = isRead ? macFault(text) : undefined;
  if (unreadable !== undefined) remarks.push({ kind: 'not-said', code: 'bad-mac', message: unreadable, at: place });
  if (isRead) return;
  // What stands below a line that means nothing does not belong to the interface above it.
  if (/^\S/.test(text)) [reader.current, reader.seen] = [undefined, undefined];
  if (otherSystem.test(text)) {
    if (!remarks.some(({ code, at }) => code === 'other-system' && at.path === path))
      remarks.push({
        ...{ kind: 'not-said', code: 'other-system', at: place },
        message: 'this is what `ifconfig` of a BSD or of macOS prints: what its interfaces are is not known here',
      });
    return;
  }
  const isPrompt = /[#$>]\s*(?:exit|clear)?\s*$|^┌──/.test(text);
  if (!isPrompt)
    remarks.push({
      kind: 'not-said',
      code: 'not-understood',
      message: `\`${text.trim().slice(0, 80)}\` is nothing that is understood here`,
      at: place,
    });
};

/** Lines of a JSON value that begins here, up to the line that closes it at the margin. */
const jsonFrom = (lines: readonly Line[], begin: number): number | undefined => {
  if (!/^\[\s*(?:\{|$)/.test(lines[begin]?.text ?? '') || prompt.test(lines[begin]?.text ?? '')) return undefined;
  for (let end = begin; end < lines.length; end += 1)
    if (
      /\]\s*$/.test(lines[end]?.text ?? '') &&
      (end === begin || /^\]/.test(lines[end]?.text ?? '') || /^\}? *\]/.test(lines[end]?.text ?? ''))
    )
      return end;
  return lines.length - 1;
};

const read: Dialect['read'] = (texts, { stack }) => {
  const draft = emptyDraft();
  for (const { path, text } of texts) {
    const reader: Reader = {
      draft,
      family: 4,
      current: undefined,
      seen: undefined,
      bridge: undefined,
      table: undefined,
    };
    const lines = withBrokenLinesMended(linesOf(text));
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at];
      if (line === undefined) break;
      const end = jsonFrom(lines, at);
      if (end === undefined) readLine(reader, line, path, draft.remarks);
      else {
        const whole = lines
          .slice(at, end + 1)
          .map((one) => one.text)
          .join('\n');
        readJson(reader, whole, { path, line: line.number, column: 1 }, draft.remarks);
        at = end;
      }
    }
  }
  return finished(draft, stack);
};

const telling = [
  chainHead,
  /^\s*\d+: [^\s:]+: <[A-Z0-9_,-]*>/,
  /^\S+\s+Link encap:/,
  /^[^\s:]+(?::[^\s:]+)?: flags=\d+</,
  /^Destination\s+(?:Gateway\s+Genmask|Next Hop\s+Flag)/,
  /^\d+: \S+\s+inet6? \S+ .*\\\s/,
  /^bridge name\s+bridge id/,
  /^default via \S+ dev /,
  /^[\da-f.:]+(?:\/\d+)? (?:via \S+ )?dev \S+ /,
  /^\d+:\s+(?:not )?from \S+ .*lookup /,
  /^[\da-f.:]+ dev \S+ lladdr /,
];

const resembles = (text: string): number => {
  if (/^\s*\[\s*\{\s*"(?:ifindex|dst|type|priority)"/.test(text)) return 0.9;
  const lines = linesOf(text);
  if (lines.some((line) => prompt.test(line.text))) return 0.9;
  return lines.some((line) => telling.some((form) => form.test(line.text))) ? 0.8 : 0;
};

export const terminal: Dialect = { name: 'terminal', owns: () => false, resembles, read };
