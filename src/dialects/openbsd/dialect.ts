/**
 * Files of OpenBSD: hostname.if(5) by interface, mygate(5), and the parameters of sysctl.conf(5), in the order in which
 * netstart(8) goes through them. Only read; the model is of Linux, and these stand for what a Linux would do with the same.
 */
import { type ConfigText, type Dialect, type Place } from '../dialect.ts';
import { newRunningDraft, type RunningDraft } from '../shell-commands/running-draft.ts';
import { finishDraft } from '../shell-commands/finish-draft.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { everything } from '../default-route.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { linesOf, placeIn } from '../text.ts';
import { driverOf, dropUnfinished, isSaid, nameInModel, settleTunnel, turnOf } from './devices.ts';
import { setParameter } from './parameters.ts';
import { startDevice } from './ifconfig.ts';
import { tellEffect } from './shell.ts';
import { runLinesOf } from './start-interface.ts';

const filePath = /(?:^|\/)hostname\.([^/]+)$/;
const gatePath = 'etc/mygate';
const parametersPath = 'etc/sysctl.conf';

const likeHostname =
  /^(?:inet6? (?:alias |autoconf\b)?[\d.a-f:/]*|!(?:route|ifconfig|dhclient|sysctl)\b.*|dhcp|rtsol|up|description .*|(?:inet6?) .*\bNONE)/;
const sureOf =
  /^(?:inet6? (?:alias |autoconf\b)|inet .*\bNONE|inet [\d.]+ [\d.]+|inet6 \S+ \d+|!\s*(?:route|ifconfig|dhclient)\b|dhcp$|rtsol$)/m;

const resembles = (text: string): number => {
  const lines = linesOf(text).filter((line) => line.text.trim() !== '' && !line.text.startsWith('#'));
  const like = lines.filter((line) => likeHostname.test(line.text));
  return lines.length === 0 || !sureOf.test(text) ? 0 : (like.length / lines.length) * 0.9;
};

interface File {
  readonly text: ConfigText;
  /** As its own system calls it. */
  readonly name: string;
  readonly turn: number;
}

/** Files of interfaces that netstart(8) starts and the model has words for; what they are not is told. */
const filesIn = (draft: RunningDraft, texts: readonly ConfigText[]): readonly File[] =>
  texts.flatMap((text) => {
    const at = placeIn(text.path, { line: 1 });
    const name = filePath.exec(text.path)?.[1];
    if (name === undefined) {
      const message = 'which interface these lines are about stands in the name of their file, `hostname.IF`';
      draft.tell('error', 'no-interface', message, at);
      return [];
    }
    if (/^[\da-f]{2}(?::[\da-f]{2}){5}$/i.test(name)) {
      draft.tell('not-said', 'by-mac', `which interface has the MAC address \`${name}\` is not known`, at);
      return [];
    }
    const driver = driverOf(name);
    if (driver === undefined || !isInterfaceName(name)) {
      draft.tell('ignored', 'not-an-interface', `\`${name}\` is no name of an interface: the file is passed over`, at);
      return [];
    }
    if (!isSaid(driver)) {
      draft.tell('not-said', 'unsaid-device', `interfaces of ${driver}(4) are not modelled: the file is left out`, at);
      return [];
    }
    return [{ text, name, turn: turnOf(name) }];
  });

const startInterface = (draft: RunningDraft, { text, name }: File): void => {
  const start = placeIn(text.path, { line: 1 });
  startDevice(draft, name, start);
  runLinesOf(draft, name, text);
  settleTunnel(draft, nameInModel(name), start);
  dropUnfinished(draft, nameInModel(name), start);
};

const isByLease = (draft: RunningDraft, family: 4 | 6): boolean =>
  family === 4
    ? draft.services.some(({ kind }) => kind === 'dhcp-client')
    : Object.entries(draft.sysctls).some(([key, value]) => key.endsWith('/accept_ra') && value === '2');

/** The first gateway of each family that can be set; where leases or advertisements tell one, none. */
const setGateways = (draft: RunningDraft, { path, text }: ConfigText): void => {
  const isSet = { 4: false, 6: false };
  for (const { number, text: line } of linesOf(text)) {
    const gateway = line.trim();
    if (gateway === '' || gateway.startsWith('#')) continue;
    const at: Place = { path, line: number, column: line.length - line.trimStart().length + 1 };
    const family = gateway.includes(':') ? 6 : 4;
    if (isByLease(draft, family))
      draft.tell('ignored', 'gateway-by-lease', `\`${gateway}\` is not set: an interface is told its gateway`, at);
    else if (isSet[family]) draft.tell('ignored', 'further-gateway', `\`${gateway}\` is not set: one is already`, at);
    else {
      const effect = ipRoute(draft, 'add', [everything[family], 'via', gateway], family, at);
      tellEffect({ draft }, gateway, effect, at);
      isSet[family] = effect.kind === 'done';
    }
  }
};

const setParameters = (draft: RunningDraft, { path, text }: ConfigText): void => {
  for (const { number, text: line } of linesOf(text)) {
    const setting = line.replace(/#.*$/, '').trim();
    const at: Place = { path, line: number, column: line.length - line.trimStart().length + 1 };
    if (setting !== '') tellEffect({ draft }, setting, setParameter(draft, setting, at), at);
  }
};

const read: Dialect['read'] = (texts, { stack }) => {
  const draft = newRunningDraft(stack);
  const at = (path: string): readonly ConfigText[] => texts.filter((text) => text.path === path);
  for (const text of at(parametersPath)) setParameters(draft, text);
  const files = filesIn(
    draft,
    texts.filter(({ path }) => path !== gatePath && path !== parametersPath),
  ).toSorted((a, b) => a.turn - b.turn || (a.name < b.name ? -1 : 1));
  const [first] = files;
  if (first !== undefined) {
    const message = 'these are files of OpenBSD: their network is taken as a Linux set up alike would carry it';
    draft.tell('assumed', 'taken-for-linux', message, placeIn(first.text.path, { line: 1 }));
  }
  for (const file of files.filter(({ turn }) => turn < 2)) startInterface(draft, file);
  for (const text of at(gatePath)) setGateways(draft, text);
  for (const file of files.filter(({ turn }) => turn > 2)) startInterface(draft, file);
  return finishDraft(draft);
};

export const openbsd: Dialect = {
  name: 'openbsd',
  owns: (path) => path === gatePath || /^etc\/hostname\.[^/]+$/.test(path),
  ownsBeside: (path) => path === parametersPath,
  resembles,
  read,
};
