/** The services of a stack that stays: what is stopped, started, or changed while it runs; and whom it asks for names. */
import { type Stack } from '../state/network-state.ts';
import { isOnInterface, type NameServer, type RootServer, type Service } from '../state/service.ts';
import { sameValue, without } from './compare.ts';
import { type Step } from './plan.ts';

/** A stack has one of each of these at most, and it takes over what it is to serve from now on. */
const isAdaptable = (service: Service): service is NameServer | RootServer =>
  service.kind === 'name-server' || service.kind === 'root-server';

/** Who comes to copy zones, or to have them copied, is another program. */
const isSameProgram = (from: NameServer | RootServer, to: NameServer | RootServer): boolean =>
  from.kind === to.kind &&
  (from.kind !== 'name-server' || to.kind !== 'name-server' || from.transfers?.kind === to.transfers?.kind);

const changesOf = (was: Stack, is: Stack): readonly (readonly [NameServer | RootServer, NameServer | RootServer])[] =>
  is.services.filter(isAdaptable).flatMap((to) => {
    const from = was.services.filter(isAdaptable).find((one) => isSameProgram(one, to));
    return from === undefined || sameValue(from, to) ? [] : [[from, to] as const];
  });

/** `isFresh`: whether an interface is made anew. */
export const serviceSteps = (stack: string, was: Stack, is: Stack, isFresh: (name: string) => boolean): Step[] => {
  const changes = changesOf(was, is);
  const isChanged = (service: Service): boolean => changes.some((pair) => pair.includes(service as NameServer));
  const [wasElse, isElse] = [was, is].map(({ services }) => services.filter((service) => !isChanged(service)));
  const isLost = (service: Service): boolean => isOnInterface(service) && isFresh(service.interface);
  const stays = (wasElse ?? []).filter((service) => !isLost(service));
  const goes = (wasElse ?? []).filter(isLost);
  return [
    ...[...goes, ...without(stays, isElse ?? [])].map((service): Step => ({ kind: 'stop-service', stack, service })),
    ...changes.map(([from, to]): Step => ({ kind: 'change-service', stack, from, to })),
    ...without(isElse ?? [], stays).map((service): Step => ({ kind: 'start-service', stack, service })),
  ];
};

export const resolverSteps = (stack: string, { resolver: from }: Stack, { resolver: to }: Stack): readonly Step[] =>
  sameValue(from, to)
    ? []
    : [{ kind: 'set-resolver', stack, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
