/** radvd.conf(5) to router advertisers: one for each interface that advertises. */
import { parseIp } from '../../net/address.ts';
import { type RouterAdvertiser } from '../../state/service.ts';
import { field } from '../../state/spelling.ts';
import { type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { placesIn, remarksOn } from '../text.ts';
import { parseRadvd, type Statement } from './parse.ts';
import { isOn, isOnLinkAlone, readPrefix, valueIn, type TellAt } from './read-prefix.ts';
import { mostAddresses, readResolver } from './read-resolver.ts';
import { readTold } from './read-told.ts';
import { isFlag, isWordOf } from './words.ts';

const said = new Set([
  'prefix',
  'AdvSendAdvert',
  'AdvDefaultLifetime',
  'AdvManagedFlag',
  'IgnoreIfMissing',
  'AdvDefaultPreference',
  'AdvLinkMTU',
  'route',
  'RDNSS',
  'DNSSL',
]);
/** How often, and what decides nothing about who reaches whom here. */
const timing =
  /^(?:Max|Min|AdvReachableTime|AdvRetransTimer|AdvCurHopLimit|UnicastOnly|UnrestrictedUnicast|AdvRASolicitedUnicast|AdvSourceLLAddress|AdvRASrcAddress|RemoveAdvOnExit)/;

/** What radvd advertises where nothing is said (radvd.conf(5)). */
const usual: Readonly<Record<string, string>> = {
  AdvOtherConfigFlag: 'off',
  AdvHomeAgentFlag: 'off',
  AdvIntervalOpt: 'off',
};

const isUsual = ([first, value]: Statement['words']): boolean =>
  first !== undefined && value !== undefined && usual[first.text] === value.text;

const unsaid = (word: string): string =>
  word === 'clients'
    ? 'only the hosts that `clients` names are told, which the model has no words for'
    : `\`${word}\` is advertised, and not modelled`;

/** Words that radvd does not know, and flags with another value than `on` and `off`. */
const tellRefused = (name: string, block: readonly Statement[], tell: TellAt): void => {
  for (const { words, block: inner = [] } of block) {
    const [first, value] = words;
    if (first === undefined) continue;
    if (!isWordOf(name, first.text))
      tell(
        'error',
        'unknown-option',
        `\`${first.text}\` is no option of ${name}: radvd loads nothing of the file`,
        first,
      );
    else if (isFlag(first.text) && value?.text !== 'on' && value?.text !== 'off')
      tell(
        'error',
        'not-a-flag',
        `\`${first.text}\` is \`on\` or \`off\`: radvd loads nothing of the file`,
        value ?? first,
      );
    for (const server of first.text === 'RDNSS' ? words.slice(1) : [])
      if (parseIp(server.text)?.family !== 6)
        tell('error', 'not-an-address', `\`${server.text}\` is not an IPv6 address: radvd loads nothing`, server);
    if (first.text === 'RDNSS' && words.length - 1 > mostAddresses)
      tell('error', 'too-many', `\`RDNSS\` takes ${mostAddresses} addresses at most: radvd loads nothing`, first);
    tellRefused(first.text, inner, tell);
  }
};

export const read: Dialect['read'] = (texts, { stack, interfaces = {} }) => {
  const remarks: Remark[] = [];
  const origins: Record<string, Place> = {};
  const services: RouterAdvertiser[] = [];
  const seen = new Set<string>();
  for (const it of texts) {
    const add = remarksOn(it.path, remarks);
    const placeOf = placesIn(it.path, it.text);
    const tell: TellAt = (kind, code, message, at) => {
      add(kind, code, message, placeOf(at.offset));
    };
    const { statements, faults } = parseRadvd(it.text);
    for (const { at, why } of faults)
      tell('error', 'not-radvd', `\`${at.text}\` ${why}: radvd loads nothing of a file with a fault`, at);
    for (const { words, block } of statements) {
      const [keyword, name] = words;
      if (keyword?.text !== 'interface' || name === undefined || block === undefined) {
        if (keyword !== undefined) tell('error', 'not-radvd', `\`${keyword.text}\` begins no block of radvd`, keyword);
        continue;
      }
      if (seen.has(name.text))
        tell('error', 'interface-twice', `\`${name.text}\` has a block already: radvd loads nothing of the file`, name);
      seen.add(name.text);
      tellRefused('interface', block, tell);
      const isSilent = !isOn(valueIn(block, 'AdvSendAdvert'), false);
      for (const { words: inner } of block) {
        const [first] = inner;
        const isTold = first !== undefined && !said.has(first.text) && !timing.test(first.text) && !isUsual(inner);
        if (isTold && isWordOf('interface', first.text) && !isSilent)
          tell('not-said', 'unsaid-option', unsaid(first.text), first);
      }
      // AdvSendAdvert is off unless it is said.
      if (isSilent) {
        tell('ignored', 'silent', `nothing is advertised on \`${name.text}\`: AdvSendAdvert is off`, keyword);
        continue;
      }
      const its = Object.hasOwn(interfaces, name.text) ? interfaces[name.text] : undefined;
      const isManaged = isOn(valueIn(block, 'AdvManagedFlag'), false);
      const given = block.filter(({ words: [first] }) => first?.text === 'prefix');
      // What DHCPv6 gives addresses of is on the link, and no more than that.
      const isOnLinkOnly = isManaged && given.length > 0 && given.every(isOnLinkAlone);
      const prefixes = given.flatMap((statement) => readPrefix(statement, its, isOnLinkOnly, tell));
      services.push({
        kind: 'router-advertiser',
        interface: name.text,
        prefixes: [...new Set(prefixes)],
        isDefaultRouter: Number(valueIn(block, 'AdvDefaultLifetime') ?? 1) !== 0,
        ...(isManaged ? { isManaged } : {}),
        ...(isOnLinkOnly ? { isOnLinkOnly } : {}),
        ...field('resolver', readResolver(block)),
        ...readTold(block, tell),
      });
      origins[`${stack}/services/router-advertiser ${name.text}`] = placeOf(keyword.offset);
    }
  }
  return services.length === 0 ? nothingRead(remarks) : readingOf(stack, { services }, remarks, origins);
};
