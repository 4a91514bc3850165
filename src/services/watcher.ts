/**
 * What the program that watches is told, a word and its values on a line. Arguments and addresses are written in
 * hexadecimal: whatever they hold, they are one word.
 */
import { bytesOf, ip } from '../net/address.ts';
import { type CheckIn, type Watcher } from '../state/service.ts';

const hexOf = (bytes: Iterable<number>): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const hexOfText = (text: string): string => hexOf(new TextEncoder().encode(text));

const alertLine = (alert: Watcher['alert']): readonly string[] => {
  if (alert === undefined) return [];
  if (alert.kind === 'command') return [`command ${alert.argv.map(hexOfText).join(' ')}`];
  if (alert.kind === 'mail') {
    const { address, port, name, from, to } = alert;
    return [`mail ${hexOf(bytesOf(ip(address)))} ${port} ${[name, from, ...to].map(hexOfText).join(' ')}`];
  }
  const { address, port, path, host } = alert;
  return [`webhook ${hexOf(bytesOf(ip(address)))} ${port} ${hexOfText(path)} ${hexOfText(host)}`];
};

/** `name`: of the machine that watches. */
export const watcherSettings = (name: string, { port, silenceSeconds, machines, alert }: Watcher): string =>
  [
    `by ${name}`,
    `port ${port}`,
    `silence ${silenceSeconds}`,
    ...alertLine(alert),
    ...machines.map((machine) => `machine ${machine}`),
    '',
  ].join('\n');

/** The arguments of the program that checks in. */
export const checkInArguments = ({ name, address, port, everySeconds }: CheckIn): readonly string[] => [
  name,
  hexOf(bytesOf(ip(address))),
  String(port),
  String(everySeconds),
];

/** An alert that is open. */
export interface OpenAlert {
  readonly machine: string;
  /** When the machine was heard of last, seconds since 1970. */
  readonly silentSince: number;
}

/** What the program keeps of its open alerts: the machine and the time on a line. */
export const readOpenAlerts = (text: string): readonly OpenAlert[] =>
  [...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, machine = '', seconds]) => ({ machine, silentSince: Number(seconds) }));
