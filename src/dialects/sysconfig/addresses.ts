/** `IPADDR` and its like of both kinds of ifcfg files: an address, its length from one of three places, its label. */
import { parseIp, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { addAddress, changeLink, type RunningDraft } from '../shell-commands/running-draft.ts';
import { ipAddress } from '../shell-commands/ip-address.ts';
import { classLength } from '../shell-commands/classes.ts';
import { lengthIn, numberIn } from '../shell-commands/values.ts';
import { type Assignment, assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';

/** `suffix`: what `IPADDR_1` has behind `IPADDR`, and `NETMASK_1` too. */
export const addressIn = (
  draft: RunningDraft,
  file: VariableFile,
  { name, value, at }: Assignment,
  suffix: string,
  born: 'class' | 'whole',
): InterfaceAddress | undefined => {
  const [bare = '', behind] = value.trim().split('/');
  const address = parseIp(bare);
  if (address === undefined) {
    draft.tell('error', 'not-an-address', `\`${name}=${value}\` is no IP address`, at);
    return undefined;
  }
  const said = behind ?? variableIn(file, `PREFIXLEN${suffix}`, `PREFIX${suffix}`, `NETMASK${suffix}`);
  const whole = address.family === 4 ? (born === 'class' ? classLength(address.value) : 32) : 128;
  const prefixLength = said === undefined ? whole : lengthIn(said, address.family);
  if (prefixLength === undefined) {
    draft.tell(
      'error',
      'not-a-mask',
      `\`${said ?? ''}\` is no netmask or prefix length`,
      assignmentIn(file, `NETMASK${suffix}`)?.at ?? at,
    );
    return undefined;
  }
  if (said === undefined && address.family === 4)
    draft.tell('assumed', 'no-mask', `\`${value}\` is given no netmask: /${prefixLength} was taken`, at);
  return { family: address.family, address: printIp(address), prefixLength };
};

export const giveAddress = (
  draft: RunningDraft,
  device: string,
  address: InterfaceAddress,
  far: string | undefined,
  at: Assignment['at'],
): void => {
  const peer = far === undefined ? undefined : parseIp(far.split('/')[0] ?? '');
  if (peer === undefined || far === undefined) addAddress(draft, device, address, at);
  else ipAddress(draft, 'add', [address.address, 'peer', far, 'dev', device], at);
};

/** MTU and MAC address, under the names that the file has for them. */
export const linkSettings = (draft: RunningDraft, file: VariableFile, device: string, macName: string): void => {
  const mtu = assignmentIn(file, 'MTU');
  if (mtu !== undefined && mtu.value.trim() !== '') {
    const mtuBytes = numberIn(mtu.value.trim(), 65_536);
    if (mtuBytes === undefined || mtuBytes < 68)
      draft.tell('error', 'not-an-mtu', `\`${mtu.value}\` is no MTU`, mtu.at);
    else changeLink(draft, device, { mtuBytes }, mtu.at);
  }
  const mac = assignmentIn(file, macName);
  if (mac === undefined || mac.value.trim() === '') return;
  const parsed = parseMac(mac.value.trim());
  if (parsed === undefined) draft.tell('error', 'not-a-mac', `\`${mac.value}\` is no MAC address`, mac.at);
  else changeLink(draft, device, { mac: parsed }, mac.at);
};

/** `mode=802.3ad miimon=100`, as both kinds have it. */
export const bondWords = (text: string): readonly (readonly [string, string])[] =>
  text
    .split(/\s+/)
    .filter((word) => word.includes('='))
    .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
