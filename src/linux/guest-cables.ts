/**
 * Cables with an end in a guest. On the side of a namespace a tap with the interface's name is the end; in the guest it
 * is a network card, told by its MAC and given the interface's name.
 */
import { closeSync } from 'node:fs';
import { settingsOf } from '../plan/interface-steps.ts';
import { type StepOf } from '../plan/plan.ts';
import { type Cable, type CableEnd, type Interface } from '../state/network-state.ts';
import { addressRequest } from './address-requests.ts';
import { carryFirst } from './guest-carriers.ts';
import { doorOf, isGuest, socketOf, within, type Kernel } from './kernel.ts';
import { deleteLink, renameLink, setLink } from './link-requests.ts';
import { indexOf, joinRequests, portRequests, refreshLinks, takeIndex, type Links } from './links.ts';
import { type Machines, type NetworkCard } from './machines.ts';
import { type NetlinkRequest } from './netlink-message.ts';
import { sendRequests, type NetlinkSocket } from './netlink-socket.ts';
import { readAddresses, readLinks, type Link } from './rtnetlink-read.ts';
import { type StepFailure } from './step-failure.ts';
import { openTap } from './taps.ts';

type AddCable = StepOf<'add-cable'>;

/** A card has no kind of the kernel's; a tap may stand in for one. */
const isCard = ({ kind, isLoopback }: Link): boolean => !isLoopback && (kind === '' || kind === 'tun');

/** Gives cards their names; by way of names that nobody has, as two may have each other's. */
export const nameCards = (socket: NetlinkSocket, cards: readonly NetworkCard[]): void => {
  const links = readLinks(socket);
  const renamed = cards.flatMap(({ mac, name }) => {
    const link = links.find((it) => isCard(it) && it.mac === mac.toLowerCase());
    return link === undefined || link.name === name ? [] : [{ index: link.index, name }];
  });
  if (renamed.length === 0) return;
  sendRequests(socket, [
    ...renamed.map(({ index }) => renameLink(index, `card${index}`)),
    ...renamed.map(({ index, name }) => renameLink(index, name)),
  ]);
};

/** Modules of the kernel make links by themselves when they are loaded (bond0, dummy0), whose names are wanted. */
export const clearBornLinks = (socket: NetlinkSocket): void => {
  const born = readLinks(socket).filter(({ kind }) => kind === 'bond' || kind === 'dummy');
  if (born.length === 0) return;
  sendRequests(
    socket,
    born.map(({ index }) => deleteLink(index)),
  );
};

const isSameEnd = (a: CableEnd, b: CableEnd): boolean => a.stack === b.stack && a.interface === b.interface;
const isSame = (one: Cable, other: Cable): boolean => isSameEnd(one.a, other.a) && isSameEnd(one.b, other.b);

export const endsInGuest = (kernel: Kernel, { a, b }: Cable): boolean =>
  isGuest(kernel, a.stack) || isGuest(kernel, b.stack);

const failed = (step: AddCable, error: unknown): StepFailure[] => [{ step, message: (error as Error).message }];

/** A tap that the machine's start has made already is left as it is. */
const makeTaps = (kernel: Kernel, steps: readonly AddCable[]): StepFailure[] => {
  for (const step of steps) {
    for (const { stack, interface: name } of [step.cable.a, step.cable.b]) {
      if (isGuest(kernel, stack) || readLinks(socketOf(kernel, stack)).some((link) => link.name === name)) continue;
      try {
        closeSync(within(kernel, stack, () => openTap(name, takeIndex(kernel))));
      } catch (error) {
        return failed(step, error);
      }
    }
  }
  return [];
};

const plugAll = async (kernel: Kernel, steps: readonly AddCable[], machines: Machines): Promise<StepFailure[]> => {
  const outcomes = await Promise.all(steps.map(({ cable }) => machines.plug(cable)));
  return outcomes.flatMap((outcome, index) => {
    const step = steps[index];
    if (step === undefined) return [];
    if (outcome instanceof Error) return failed(step, outcome);
    for (const end of ['a', 'b'] as const) {
      const [{ stack, interface: name }, mac] = [step.cable[end], outcome[end]];
      if (mac !== undefined) nameCards(socketOf(kernel, stack), [{ mac, name }]);
    }
    return [];
  });
};

interface Work {
  readonly step: AddCable;
  readonly stack: string;
  readonly requests: readonly NetlinkRequest[];
}

/** Both ends are there: what they are set to. */
const workOf = (
  kernel: Kernel,
  links: Links,
  step: AddCable,
  { stack, interface: name }: CableEnd,
  it: Interface,
): Work => {
  const index = indexOf(links, stack, name);
  const joining = joinRequests(kernel, links, stack, index, settingsOf(it));
  return { step, stack, requests: [...joining, ...portRequests(index, it.port)] };
};

const configure = (kernel: Kernel, work: readonly Work[]): StepFailure[] =>
  [...new Set(work.map(({ stack }) => stack))].flatMap((stack) => {
    const sent = work
      .filter((item) => item.stack === stack)
      .flatMap(({ step, requests }) => requests.map((request) => ({ step, request })));
    const refusals = sendRequests(
      socketOf(kernel, stack),
      sent.map(({ request }) => request),
    );
    return refusals.flatMap(({ index, message }) => {
      const step = sent[index]?.step;
      return step === undefined ? [] : [{ step, message }];
    });
  });

/** `default/mtu` is none of them: it is the least that IPv6 allows. */
const bornWith = /^net\/(ipv[46])\/conf\/default\/(?!mtu$)([^/]+)$/;

/**
 * A card is there before its stack's defaults are set, which an interface of a namespace is born with: it gets those
 * that were set since, while it is down.
 */
const inherit = (kernel: Kernel, steps: readonly AddCable[]): void => {
  const ends = steps.flatMap(({ cable }) => [cable.a, cable.b]).filter(({ stack }) => isGuest(kernel, stack));
  for (const stack of new Set(ends.map((end) => end.stack))) {
    const defaults = [...(kernel.sysctlDefaults.get(stack)?.keys() ?? [])].flatMap((key) => {
      const [, family, setting] = bornWith.exec(key) ?? [];
      return family === undefined || setting === undefined ? [] : [{ key, family, setting }];
    });
    const changes = ends
      .filter((end) => end.stack === stack)
      .flatMap((end) =>
        defaults.map(({ key, family, setting }) => ({
          path: `/proc/sys/net/${family}/conf/${end.interface}/${setting}`,
          to: { asIn: `/proc/sys/${key}` },
        })),
      );
    if (changes.length > 0) doorOf(kernel, stack).changeSettings(changes);
  }
};

export const connectGuests = async (
  kernel: Kernel,
  links: Links,
  steps: readonly AddCable[],
  machines: Machines,
): Promise<StepFailure[]> => {
  const tapFailures = makeTaps(kernel, steps);
  if (tapFailures.length > 0) return tapFailures;
  const plugFailures = await plugAll(kernel, steps, machines);
  if (plugFailures.length > 0) return plugFailures;
  for (const stack of new Set(steps.flatMap(({ cable }) => [cable.a.stack, cable.b.stack])))
    refreshLinks(kernel, links, stack);
  inherit(kernel, steps);
  const added = steps.map(({ cable }) => cable);
  // A guest that was lost is plugged in anew.
  const others = kernel.guestCables.filter((old) => !added.some((cable) => isSame(old, cable)));
  kernel.guestCables = [...others, ...added];
  const failures = configure(
    kernel,
    steps.flatMap((step) => [
      workOf(kernel, links, step, step.cable.a, step.a),
      workOf(kernel, links, step, step.cable.b, step.b),
    ]),
  );
  return failures.length > 0 ? failures : carryFirst(kernel, links, machines, steps);
};

/** A card that stays in its guest without a cable: down, and with nothing left of what it was. */
const lieIdle = (kernel: Kernel, index: number, mtuBytes: number, stack: string): void => {
  const socket = socketOf(kernel, stack);
  const addresses = readAddresses(socket).filter((it) => it.index === index);
  sendRequests(socket, [
    ...addresses.map(({ family, address, prefixLength }) =>
      addressRequest('remove', index, { family, address, prefixLength }),
    ),
    setLink(index, { mtuBytes, up: false }, 0),
  ]);
};

export const disconnectGuests = async (
  kernel: Kernel,
  links: Links,
  steps: readonly StepOf<'remove-cable'>[],
  machines: Machines,
): Promise<void> => {
  for (const { cable, ...interfaces } of steps) {
    await machines.unplug(cable);
    for (const end of ['a', 'b'] as const) {
      const { stack, interface: name } = cable[end];
      const index = links.get(stack)?.get(name);
      links.get(stack)?.delete(name);
      if (index === undefined || doorOf(kernel, stack).isLost) continue;
      if (isGuest(kernel, stack)) lieIdle(kernel, index, interfaces[end].mtuBytes, stack);
      else sendRequests(socketOf(kernel, stack), [deleteLink(index)]);
    }
    kernel.guestCables = kernel.guestCables.filter((other) => !isSame(other, cable));
  }
};
