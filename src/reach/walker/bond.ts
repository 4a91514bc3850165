/**
 * Bonds: several cables that act as one (bonding.txt of the kernel). In every mode a frame goes out by one member that has
 * a carrier; which one a hash decides where there are several, and their far ends are taken to be one switch, or one
 * bond, as these modes ask for. `active-backup` has one member in use, and drops what comes in by the others.
 */
import { type InterfaceModel, type Model, type StackModel } from '../model/model.ts';

const hasCarrier = (model: Model, member: InterfaceModel): boolean => {
  const far = member.peer && model.stacks.get(member.peer.stack)?.interfaces.get(member.peer.interface);
  return member.isUp && far?.isUp === true && model.facts.carrier?.[`${member.stack}/${member.name}`] !== false;
};

/** Modes that look at carriers whatever they are told (bond_option_mode_set). */
const watchful: ReadonlySet<string> = new Set(['802.3ad', 'balance-tlb', 'balance-alb']);

/** A bond that does not look at carriers takes every member for good. */
const isWatching = ({ it: { bond } }: InterfaceModel): boolean =>
  bond?.miimonMilliseconds !== undefined || watchful.has(bond?.mode ?? '');

const membersOf = (model: Model, stack: StackModel, bond: InterfaceModel): readonly InterfaceModel[] => {
  const isGood = isWatching(bond) ? (member: InterfaceModel) => hasCarrier(model, member) : () => true;
  return [...stack.interfaces.values()].filter((member) => member.it.master === bond.name && isGood(member));
};

/** The member that frames leave by; undefined where none has a carrier. */
export const sendingMember = (model: Model, stack: StackModel, bond: InterfaceModel): InterfaceModel | undefined => {
  const members = membersOf(model, stack, bond);
  return members.find(({ name }) => name === bond.it.bond?.primary) ?? members[0];
};

/** Whether frames that come in by a member are taken. */
export const takesFrom = (model: Model, stack: StackModel, bond: InterfaceModel, member: InterfaceModel): boolean =>
  bond.it.bond?.mode !== 'active-backup' || sendingMember(model, stack, bond) === member;
