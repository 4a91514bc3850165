/**
 * ifconfig(8) as it is typed: it makes devices and ends them, and has bridges take members, before what it shares with
 * lines of files. NetBSD and FreeBSD have `create` for what OpenBSD makes by itself.
 */
import { type Place } from '../dialect.ts';
import { done, type Effect, unsaid, wrong } from '../shell-commands/effect.ts';
import { changeLink, makeLink, removeLink } from '../shell-commands/running-draft.ts';
import { isInterfaceName, numberIn } from '../shell-commands/values.ts';
import { type Word } from '../text.ts';
import { driverOf, isSaid, nameInModel } from './devices.ts';
import { runIfconfig, startDevice, type Subject } from './ifconfig.ts';

/** What is not there yet: a NIC is always there, and everything else comes to be by its first line. */
const ensureDevice = ({ draft }: Subject, name: string, at: Place): void => {
  if (!draft.interfaces.has(nameInModel(name))) startDevice(draft, name, at);
};

const memberWords: Readonly<Record<string, 'in' | 'out'>> = {
  add: 'in',
  addm: 'in',
  del: 'out',
  delete: 'out',
  deletem: 'out',
};

/** Members of a bridge; what is left of its words is for ifconfig as of any interface. */
const runBridge = (subject: Subject, name: string, words: readonly Word[], at: Place): Effect => {
  const { draft } = subject;
  if (!draft.interfaces.has(name))
    makeLink(draft, name, { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 15 } }, at);
  const rest: Word[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) break;
    const next = words[index + 1]?.text ?? '';
    const change = Object.hasOwn(memberWords, word.text) ? memberWords[word.text] : undefined;
    if (change === undefined || !isInterfaceName(next) || /^\d/.test(next)) {
      rest.push(word);
      continue;
    }
    index += 1;
    if (change === 'in') {
      ensureDevice(subject, next, at);
      changeLink(draft, nameInModel(next), { master: name }, at);
      continue;
    }
    const member = draft.interfaces.get(nameInModel(next));
    if (member?.master !== name) return wrong(`\`${next}\` is no member of \`${name}\``);
    const { master: _, ...alone } = member;
    draft.interfaces.set(nameInModel(next), alone);
  }
  if (rest.length > 0) runIfconfig({ ...subject, name }, rest, at);
  return done;
};

/** FreeBSD: `em0.5` is VLAN 5 of em0. */
const runDotted = (subject: Subject, name: string, words: readonly Word[], at: Place): Effect | undefined => {
  const [, link = '', number] = /^([a-z]+\d+)\.(\d+)$/.exec(name) ?? [];
  const id = numberIn(number, 4094);
  if (id === undefined) return undefined;
  ensureDevice(subject, link, at);
  const mtuBytes = subject.draft.interfaces.get(link)?.mtuBytes;
  if (!subject.draft.interfaces.has(name))
    makeLink(subject.draft, name, { kind: 'vlan', vlan: { link, id }, ...(mtuBytes === undefined ? {} : { mtuBytes }) }, at); // prettier-ignore
  runIfconfig({ ...subject, name }, words, at);
  return done;
};

/** `words`: what stands behind the name. */
export const runTypedIfconfig = (subject: Subject, name: string, words: readonly Word[], at: Place): Effect => {
  const { draft } = subject;
  const own = nameInModel(name);
  if (words.some(({ text }) => text === 'destroy')) {
    if (draft.interfaces.has(own)) removeLink(draft, own);
    return done;
  }
  const rest = words.filter(({ text }) => text !== 'create' && text !== 'plumb');
  const driver = driverOf(name);
  const dotted = driver === undefined ? runDotted(subject, name, rest, at) : undefined;
  if (dotted !== undefined) return dotted;
  if (driver === 'bridge') return runBridge(subject, own, rest, at);
  if (driver === undefined) return wrong(`\`${name}\` is no name of an interface of a BSD`);
  if (!isSaid(driver)) return unsaid(`interfaces of ${driver}(4) are not modelled`);
  ensureDevice(subject, name, at);
  if (rest.length > 0) runIfconfig({ ...subject, name: own }, rest, at);
  return done;
};
