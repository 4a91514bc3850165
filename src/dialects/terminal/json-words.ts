/** Objects of `ip -j route`, `rule` and `neigh` in the words of the same commands without `-j`. */
export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Texts and numbers as they are; nothing for anything else. */
const plain = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

const pairs = (json: Json, keys: readonly (readonly [key: string, word: string])[]): readonly string[] =>
  keys.flatMap(([key, word]) => (json[key] === undefined ? [] : [`${word} ${plain(json[key])}`]));

const withLength = (json: Json, key: 'src' | 'dst'): string =>
  `${plain(json[key])}${json[`${key}len`] === undefined ? '' : `/${plain(json[`${key}len`])}`}`;

const ruleWords = (json: Json): string => {
  const mark =
    json['fwmask'] === undefined ? plain(json['fwmark']) : `${plain(json['fwmark'])}/${plain(json['fwmask'])}`;
  return [
    `${plain(json['priority'])}:${json['not'] === undefined ? '' : ' not'} from ${withLength(json, 'src') || 'all'}`,
    ...(json['dst'] === undefined ? [] : [`to ${withLength(json, 'dst')}`]),
    ...pairs(json, [
      ['iif', 'iif'],
      ['oif', 'oif'],
    ]),
    ...(json['fwmark'] === undefined ? [] : [`fwmark ${mark}`]),
    ...pairs(json, [['table', 'lookup']]),
    ...(json['table'] === undefined && json['action'] !== undefined ? [plain(json['action'])] : []),
  ].join(' ');
};

const routeWords = (json: Json): string =>
  [
    ...(json['type'] === undefined || json['type'] === 'unicast' ? [] : [plain(json['type'])]),
    plain(json['dst']),
    ...pairs(json, [
      ['gateway', 'via'],
      ['dev', 'dev'],
      ['table', 'table'],
      ['protocol', 'proto'],
    ]),
    ...pairs(json, [
      ['scope', 'scope'],
      ['prefsrc', 'src'],
      ['metric', 'metric'],
    ]),
    ...(Array.isArray(json['flags']) && json['flags'].includes('onlink') ? ['onlink'] : []),
  ].join(' ');

const neighbourWords = (json: Json): string => {
  const states: readonly unknown[] = Array.isArray(json['state']) ? json['state'] : [json['state']];
  return [
    plain(json['dst']),
    ...pairs(json, [
      ['dev', 'dev'],
      ['lladdr', 'lladdr'],
    ]),
    ...states.map(plain),
  ].join(' ');
};

/** Undefined for an object that is none of the three. */
export const wordsOf = (json: Json): string | undefined => {
  if (json['priority'] !== undefined) return ruleWords(json);
  if (json['dst'] === undefined) return undefined;
  const isNeighbour = json['lladdr'] !== undefined || (json['state'] !== undefined && json['dev'] !== undefined);
  return isNeighbour ? neighbourWords(json) : routeWords(json);
};

export const hopWords = (hop: Json): string =>
  [
    'nexthop',
    ...pairs(hop, [
      ['gateway', 'via'],
      ['dev', 'dev'],
    ]),
    `weight ${plain(hop['weight'] ?? 1)}`,
  ].join(' ');
